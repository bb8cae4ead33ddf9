"""How many calls went over a link of the reference service, from what both ends counted."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from chaos.targets._reference_metrics import samples
from harness.target import LinkSpec


def counts(link: LinkSpec, caller: str, callee: Mapping[str, Any]) -> dict[str, int]:
    """`attempted`, `failed`, `reached` on a link; {} where nobody counts.

    The database and the service's callback route do not count what reaches them: there `reached` is
    what was answered, the least that must have arrived. Which of two servers of its records had a
    command the service does not say.
    """
    if not caller:
        return {}
    if link.callee == "lending":
        sent = json.loads(caller)["callbacks"]
        return _numbers(sent["sent"], sent["failed"], sent["acknowledged"])
    metric, labels = "lending_upstream_calls_total", {"dependency": link.callee}
    if link.protocol == "postgres":
        metric, labels = "lending_database_calls_total", {}
    outcomes = _by_outcome(caller, metric, labels)
    attempted = sum(outcomes.values())
    answered = outcomes["ok"]
    reached = sum(callee["calls"].values()) if "calls" in callee else answered
    return _numbers(attempted, attempted - answered, reached)


def _numbers(attempted: int, failed: int, reached: int) -> dict[str, int]:
    return {"attempted": attempted, "failed": failed, "reached": reached}


def _by_outcome(text: str, metric: str, wanted: Mapping[str, str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, labels, number in samples(text):
        if name == metric and wanted.items() <= labels.items():
            found[labels.get("outcome", "")] += int(number)
    return found
