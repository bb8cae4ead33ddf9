"""A runtime with the parts and folders of this machine."""

from __future__ import annotations

from harness.runtime_kind import RunContext
from harness.runtimes.process.parts import path_of
from harness.runtimes.process.plan import Parts
from harness.runtimes.process.runtime import ProcessRuntime
from harness.toolchain import cache_dir, find_postgres, find_toxiproxy


def make(context: RunContext, *, look: bool = False) -> ProcessRuntime:
    """A runtime for one run; data that goes with the run lies in the cache meanwhile.

    Args:
        look: it is to stand without an owner.

    Raises:
        RuntimeFailure: a part is missing; says how to get it.
    """
    parts = Parts(path_of(find_toxiproxy()), path_of(find_postgres()))
    return ProcessRuntime(context, parts, template_dir=cache_dir() / "templates", look=look)
