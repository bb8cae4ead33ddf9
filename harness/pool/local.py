"""Processes of this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager

from harness.procfs import signal_with_parent_gone

SAFE_PATH = "PYTHONSAFEPATH"


@contextmanager
def local(number: int, folder: str = "") -> Iterator[ProcessPoolExecutor]:
    """So many processes, which go with the block; what none has begun is dropped.

    Args:
        folder: for what they leave; "" for the usual one.
    """
    # spawn: a forked child would share the parent's threads, files and signal handlers.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(number, mp_context=context, initializer=_begin, initargs=(folder,))
    try:
        with safe_path():
            yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def safe_path() -> Iterator[None]:
    """Python processes started meanwhile do not search the working folder for modules."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        del os.environ[SAFE_PATH]
        if before is not None:
            os.environ[SAFE_PATH] = before


def _begin(folder: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    signal_with_parent_gone(signal.SIGKILL)  # a parent that is killed leaves nobody behind
    if folder:
        os.environ["TMPDIR"] = folder
