"""Which runtime a run takes, and which ones cannot carry it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import ConfigError, Problem, UnsupportedFault
from harness.experiment import Experiment, Step
from harness.ports import Capability
from harness.runtime_kind import RuntimeKind
from harness.runtime_registry import best_runtime, load_runtime, runtime_kinds
from harness.target import Target
from harness.workload import USUAL_MAKER, LoadMaker


def chosen_runtime(
    asked: str, maker: LoadMaker, experiment: Experiment, target: Target
) -> tuple[RuntimeKind, str]:
    """The runtime that was asked for; else the best that can run the experiment, and why it.

    Raises:
        ConfigError: it makes its load itself, and a maker was asked for.
    """
    kinds, only = runtime_kinds(), _only(target)
    real = [name for name, kind in kinds.items() if not kind.deterministic]
    if maker != USUAL_MAKER:
        if asked and asked not in real:
            cause = f"{asked} makes its load itself: no Locust, nobody to look at"
            raise ConfigError(Problem(cause, "--runtime", ", ".join(real)))
        only = tuple(name for name in only or real if name in real)
    if asked:
        kind = load_runtime(asked)
        refuse_runtime(target, kind)
        return kind, ""
    needed = {fault.capability for fault in experiment.faults()}
    kind, why = best_runtime(needed, only)
    return kind, f"runtime {kind.name}: {why}"


def _only(target: Target) -> tuple[str, ...]:
    """The names of the runtimes that a target runs on; empty for all."""
    only: tuple[str, ...] = getattr(target, "runtimes", ())
    return only


def refuse_runtime(target: Target, kind: RuntimeKind) -> None:
    """Refuse a runtime that a target does not run on.

    Raises:
        ConfigError: names those that it runs on.
    """
    only = _only(target)
    if only and kind.name not in only:
        why: Mapping[str, str] = getattr(target, "refused_runtimes", {})
        because = f": {why[kind.name]}" if why.get(kind.name) else ""
        cause = f"target {target.name} does not run on {kind.name}{because}"
        raise ConfigError(Problem(cause, "--runtime", ", ".join(only), f"--runtime {only[0]}"))


def refuse_unsupported(steps: Sequence[Step], runtime: RuntimeKind) -> None:
    """Before anything is started: can this runtime do all that the steps ask?

    Raises:
        UnsupportedFault: it cannot; says which fault, what it needs, what there is and who can.
    """
    problems = [
        Problem(
            f"{step.fault.kind} at {step.fault.where} needs {step.fault.capability}"
            f" ({runtime.lacks[step.fault.capability]})",
            f"--runtime {runtime.name}",
            ", ".join(sorted(runtime.capabilities)),
            " or ".join(f"--runtime {one}" for one in _runtimes_with(step.fault.capability)),
        )
        for step in steps
        if step.fault.capability not in runtime.capabilities
    ]
    if problems:
        raise UnsupportedFault(problems)


def _runtimes_with(capability: Capability) -> list[str]:
    return [kind.name for kind in runtime_kinds().values() if capability in kind.capabilities]
