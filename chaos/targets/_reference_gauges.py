"""What an operator of the reference service sees: breakers, calls, queues, modes, readiness."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from chaos.targets._reference_metrics import samples
from harness.reporting import UNSHOWN
from harness.target import Answer, Request

CALLS = "Calls to third parties, 1/s"
QUEUE = "Queue, tasks"
WAIT = "Longest wait in the queue, s"
BY_BREAKER, FAILED_BY = f"{UNSHOWN}calls by breaker", f"{UNSHOWN}failed calls by breaker"
TOTALS = f"{UNSHOWN}totals"
DEPTH, LATE = "lending_outbox_depth", "lending_late_successes_total"
POOL = "Reserve, minor units"
QUOTA, LOW = "Quota used, share", "Quota low"
BREAKS, BREAK_AGE = "Breaks with files, open", "Oldest break, s"
PAGE_FIELDS = ("since_s", "reason", "message", "next_update_by_s")
STATES = {0: "closed", 1: "half open", 2: "open"}
ASK = Request("GET", "/metrics", headers={"Accept": "application/json"}, timeout_s=0.5)
ASK_MODES = Request("GET", "/v1/status", timeout_s=0.5)
ASK_READY = Request("GET", "/readyz", timeout_s=1.5)  # it may take 1 s to say no

PAGE_MODES = f"{UNSHOWN}status page apart, modes"
PAGE = "Status page apart"
CURRENT, STALE, NOTHING, SILENT = "current", "out of date", "nothing published", "no answer"

Gauges = dict[str, dict[str, float | str]]


def gauges(answer: Answer) -> Gauges:
    """From an answer to ASK; {} where there was none."""
    groups: defaultdict[str, dict[str, float | str]] = defaultdict(dict)
    for group, name, value in _sorted(str(answer.body.get("text", ""))):
        before = groups[group].get(name, 0)
        groups[group][name] = value if isinstance(value, str) else float(before) + value
    return dict(groups)


def modes(answer: Answer) -> Gauges:
    """The declared mode of each operation and what is said of it; {} where there was no answer."""
    told = answer.body.get("operations")
    if not told or not isinstance(told, Mapping):
        return {}
    told = {name: its for name, its in told.items() if isinstance(its, Mapping)}
    groups: Gauges = {"Modes": {name: str(its.get("mode")) for name, its in told.items()}}
    for field in PAGE_FIELDS:
        values = {name: its.get(field) for name, its in told.items()}
        groups[page_group(field)] = {k: v for k, v in values.items() if v is not None}
    return groups


def page_group(field: str) -> str:
    """What a field of the status page is called among the gauges; no panel shows it."""
    return f"{UNSHOWN}status page, {field}"


def ready(answer: Answer) -> Gauges:
    """Whether it calls itself ready; {} where there was no answer."""
    if answer.status is None:
        return {}
    return {"Ready": {"service": "yes" if answer.status == 200 else "no"}}


def _sorted(text: str) -> Iterator[tuple[str, str, float | str]]:
    """Group, name and value of each sample that is shown; equal ones are to be added."""
    for metric, labels, value in samples(text):
        yield from _shown(metric, labels, value)


def _shown(
    metric: str, labels: Mapping[str, str], value: float
) -> Iterator[tuple[str, str, float | str]]:
    dependency = labels.get("dependency", "")
    if metric == "lending_breaker_state":
        yield "Breakers", dependency, STATES.get(int(value), "unknown")
    elif metric == "lending_upstream_calls_total":
        yield from _calls(dependency, labels, value)
    elif metric == "lending_outbox_tasks":
        yield QUEUE, labels.get("kind", ""), value
    elif metric == "lending_outbox_wait_seconds":
        yield WAIT, labels.get("kind", ""), value
    elif metric in (DEPTH, LATE):
        yield TOTALS, metric, value
    elif metric == "lending_pool_left_minor":
        yield POOL, "left", value
    elif metric == "lending_quota_used_ratio":
        yield QUOTA, dependency, value
    elif metric == "lending_quota_low":
        yield LOW, dependency, "yes" if value else "no"
    elif metric == "lending_breaks":
        yield BREAKS, f"{dependency}: {labels.get('kind', '')}", value
    elif metric == "lending_break_age_seconds":
        yield BREAK_AGE, dependency, value
    elif metric == "lending_task_failures_total":
        yield "Tasks tried again, 1/s", labels.get("kind", ""), value


def _calls(
    dependency: str, labels: Mapping[str, str], value: float
) -> Iterator[tuple[str, str, float]]:
    """Calls of a third party, and of each of its lanes that has a breaker of its own."""
    breaker = "/".join(filter(None, (dependency, labels.get("lane"))))
    outcome = labels.get("outcome")
    yield CALLS, dependency, value
    if outcome != "ok":
        yield "Failed calls, 1/s", dependency, value
    if outcome != "held_back":
        yield BY_BREAKER, breaker, value
        yield FAILED_BY, breaker, 0.0 if outcome == "ok" else value


def page_apart(name: str) -> tuple[Request, Callable[[Answer], Gauges]]:
    """How the page of a provider is asked for and read; that nobody answers is told too."""
    return Request("GET", "/v1/page", timeout_s=0.5, to=name), page


def page(answer: Answer) -> Gauges:
    """What somebody sees who looks at the page apart."""
    if answer.status != 200:
        return {PAGE: {"page": NOTHING if answer.status == 404 else SILENT}}
    shown: Gauges = {PAGE: {"page": STALE if answer.body.get("stale") else CURRENT}}
    modes_shown = modes(answer).get("Modes", {})
    return {**shown, PAGE_MODES: modes_shown}


ALL = ((ASK, gauges), (ASK_MODES, modes), (ASK_READY, ready))
"""What is asked for every second."""
