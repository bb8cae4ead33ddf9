"""By which runbook the alerts of a run are answered, if anybody is on call in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import ConfigError, Problem
from harness.experiment import Experiment
from harness.registry import Vocabulary
from harness.response.runbook import Runbook, load_runbook
from harness.runtime_kind import RuntimeKind
from harness.text import quoted
from harness.yaml_source import nearest


def on_call(
    experiment: Experiment,
    design: Mapping[str, object],
    words: Vocabulary,
    *,
    by_hand_on: RuntimeKind | None,
) -> Runbook | None:
    """The runbook that a design names, by name or as a file; None where nobody is on call or the
    design names none.

    Args:
        by_hand_on: the runtime, where whoever sits at the terminal is on call.

    Raises:
        ConfigError: there is no such runbook, or it is wrong; or nobody could answer by hand.
    """
    if by_hand_on and by_hand_on.deterministic:
        cause = f"time on {by_hand_on.name} waits for nobody"
        raise ConfigError(Problem(cause, "--manual", "--runtime process"))
    if by_hand_on and not experiment.on_call:
        cause = f"nobody is on call in {experiment.id}"
        raise ConfigError(Problem(cause, "--manual", "an experiment with on-call: true"))
    name = str(design.get("runbook") or "")
    if not (name and experiment.on_call):
        return None
    path = words.runbooks.get(name, Path(name))
    if not path.is_file():
        cause = f"no runbook {quoted(name)}" + nearest(name, words.runbooks)
        allowed = f"{', '.join(words.runbooks)}, or a file"
        raise ConfigError(Problem(cause, "runbook: of the design", allowed))
    return load_runbook(path, words.target)
