"""No watchdog outlives what it watches."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from harness.undo.watchdogs import argv_of, end_watchdogs, watchdogs_of


def test_a_stopped_watchdog_is_found_and_ended_without_a_file(tmp_path: Path) -> None:
    """By its command line; that of a run with a longer name is another's."""
    code = "import signal; print(flush=True); signal.pause()"
    words = [sys.executable, "-c", code, *argv_of(tmp_path, "r1"), "folder", "1", "2", "3"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # before its first line, the kernel may show no command line of it
    try:
        process.send_signal(signal.SIGSTOP)
        assert watchdogs_of(tmp_path, "r10") == []
        assert [one.pid for one in watchdogs_of(tmp_path, "r1")] == [process.pid]
        end_watchdogs(tmp_path, "r1")
        assert process.wait(10.0) == -signal.SIGKILL
    finally:
        process.kill()
        process.communicate()


def test_an_alarm_ends_a_watchdog_that_waits_for_ever() -> None:
    """Also where a parent ignores the signal."""
    code = """if True:
        import signal
        from harness.undo.watchdogs import end_within
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        end_within(0.01)
        signal.pause()"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGALRM
