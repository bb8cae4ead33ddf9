"""Mutants: which mistakes are made, each one valid change; how one is loaded and bounded."""

from __future__ import annotations

import importlib
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import ConfigError
from harness.plugins import load
from harness.self_test.mutants.campaign import ModuleScore, Report
from harness.self_test.mutants.forked import allow_cpu, forked
from harness.self_test.mutants.judging import KILLED, Outcome
from harness.self_test.mutants.loading import planted
from harness.self_test.mutants.passes import places_of
from harness.self_test.mutants.reviewed import reviewed_of
from harness.self_test.mutants.running import Ran
from harness.self_test.mutants.sites import (
    diff_of,
    every_mutant,
    mutants_of,
    package_files,
    source_of,
)

SOURCE = '''"""Words that nobody acts on."""

LIMIT = 3


async def pay(tx, amount: int, owed: int) -> int:
    """Pay."""
    if amount < owed and tx:
        await tx.put(amount, owed)
    async with tx.begin() as inner:
        await inner.debit()
        await inner.credit(late=True)
    return amount // 2
'''


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A module on the disk."""
    path = tmp_path / "paying_for_mutants.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.unit
def test_each_kind_of_mistake_is_made_and_is_one_valid_change(file: Path) -> None:
    """A mutant that does not parse, or changes nothing, would be counted as seen."""
    mutants = mutants_of("paying", file)
    sources = {source_of(one, file) for one in mutants}
    for source in sources:
        compile(source, "paying", "exec")
    assert SOURCE not in sources
    assert len(sources) == len(mutants) == len({one.id for one in mutants})
    assert {one.operator for one in mutants} >= {
        "comparison",
        "logic",
        "constant",
        "arithmetic",
        "dropped check",
        "dropped branch",
        "dropped call",
        "dropped argument",
        "swapped arguments",
        "swapped statements",
        "early commit",
        "lost result",
    }
    assert not any("nobody acts" in one.was and one.operator == "text" for one in mutants)


@pytest.mark.unit
def test_a_mutant_keeps_its_name_when_the_lines_around_it_move(file: Path, tmp_path: Path) -> None:
    """The reviewed list would name other mutants after each change of a file."""
    moved = tmp_path / "moved.py"
    moved.write_text(SOURCE.replace("LIMIT = 3", "LIMIT = 3\n\n# more\nOTHER = LIMIT"))
    before, after = (mutants_of("paying", one) for one in (file, moved))
    assert [one.id for one in before] == [one.id for one in after]
    assert before[-1].line != after[-1].line
    assert diff_of(after[-1], moved).count("\n-    ") == 1


@pytest.mark.unit
def test_a_mutant_is_loaded_without_a_change_on_the_disk(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkout of whoever runs the self-test stays as it is."""
    monkeypatch.syspath_prepend(str(file.parent))
    with planted(file.stem, file.stem, file, SOURCE.replace("LIMIT = 3", "LIMIT = 4")):
        assert importlib.import_module(file.stem).LIMIT == 4
    assert file.stem not in sys.modules
    assert importlib.import_module(file.stem).LIMIT == 3
    assert file.read_text() == SOURCE
    del sys.modules[file.stem]


def _for_ever() -> None:
    allow_cpu(0.0)
    while True:
        pass


@pytest.mark.unit
def test_a_child_that_never_ends_is_ended_and_one_that_ends_answers() -> None:
    """A mutant with an endless loop must not stop the self-test."""
    assert forked(_for_ever).overran
    assert forked(lambda: 7).result == 7
    assert not forked(lambda: 7).overran


@pytest.mark.unit
def test_places_are_those_that_run_the_line_cheapest_first_search_last(file: Path) -> None:
    """What does not run the line cannot see it."""
    mutant = next(one for one in mutants_of("paying", file) if one.operator == "dropped call")
    here = {str(file): frozenset({mutant.line})}
    ran = [
        Ran("dear", here, 3.0, ""),
        Ran("explore", here, 0.1, ""),
        Ran("cheap", here, 1.0, ""),
        Ran("elsewhere", {str(file): frozenset({1})}, 0.1, ""),
    ]
    assert list(places_of(mutant, file, ran)) == ["cheap", "dear", "explore"]


@pytest.mark.unit
@pytest.mark.parametrize(("killed", "survived", "others", "exit_code"), [
    (9, 1, (1, 0), 0), (8, 2, (1, 0), 1), (8, 2, (0, 0), 1), (9, 1, (0, 0), 3), (0, 0, (1, 0), 3),
])  # fmt: skip
def test_a_module_of_which_nothing_was_judged_has_not_reached_its_score(
    killed: int, survived: int, others: tuple[int, int], exit_code: int, file: Path
) -> None:
    """Out of time is no evidence; one known to be too low is a finding all the same."""
    modules = (
        ModuleScore("s.money", True, killed, survived, 0, 5),
        ModuleScore("s.debits", True, *others, 0, 0),
        ModuleScore("s.page", False, 0, 0, 0, 1),
    )
    one = Outcome(KILLED, mutant=mutants_of("paying", file)[0])
    report = Report((one,), (), modules, 20, 1.0)
    assert (report.exit_code, report.left) == (exit_code, 6)
    assert modules[2].score is None
    assert Report((), (), modules[2:], 20, 1.0).exit_code == 3


@pytest.mark.unit
def test_the_reviewed_list_names_mutants_that_exist() -> None:
    """An entry for a mutant that is gone hides nothing any more and misleads readers."""
    files = package_files("lending_service")
    reviewed = reviewed_of("lending_service")
    names = {name.rpartition(".")[2] for name in files}
    assert reviewed.required <= names
    if reviewed.equivalent:
        chosen = {n: f for n, f in files.items() if not reviewed.leaves_out(n)}
        known = list(every_mutant(chosen))
        assert set(reviewed.equivalent) <= {one.id for one in known}
        functions = {f"{one.module.partition('.')[2]}.{one.function}" for one in known}
        assert set(reviewed.never_called) <= functions
        excused = [one for one in known if one.function == "Intake._collect_now"]
        assert excused, "what never runs is no mistake of the good design"
        assert all("sync" in reviewed.why(one) for one in excused)


@pytest.mark.unit
def test_a_package_that_does_not_exist_is_refused() -> None:
    """Nothing would have been looked at."""
    with pytest.raises(ConfigError, match="no such package"):
        package_files("no_such_package_at_all")


@pytest.mark.unit
def test_a_service_that_is_loaded_by_its_file_has_the_mistake_too(file: Path) -> None:
    """As that of a target file is, and what lies beside it by its own name."""
    beside = file.with_name("service_of_mutants.py")
    beside.write_text("from .paying_for_mutants import LIMIT\n")
    seen = [load(str(one)).LIMIT for one in (file, beside)]
    text = SOURCE.replace("LIMIT = 3", "LIMIT = 4")
    with planted("no_package", "no_package.paying_for_mutants", file, text):
        seen += [load(str(one)).LIMIT for one in (file, beside)]
    seen += [load(str(one)).LIMIT for one in (file, beside)]
    assert seen == [3, 3, 4, 4, 3, 3]


FORKS = """
import os, sys, time
from harness.self_test.mutants.forked import forked

def work():
    os.write(int(sys.argv[1]), b"!")
    time.sleep(60)

forked(work)
"""


def test_a_mutant_goes_with_whoever_judges_it() -> None:
    """Terminated in the middle of one: nothing works on, so nobody holds the pipe any more."""
    reading, writing = os.pipe()
    judge = subprocess.Popen([sys.executable, "-c", FORKS, str(writing)], pass_fds=[writing])
    os.close(writing)
    try:
        assert os.read(reading, 1) == b"!"
    finally:
        judge.terminate()
        judge.wait()
    assert select.select([reading], [], [], 20)[0]
    assert os.read(reading, 1) == b""
    os.close(reading)
