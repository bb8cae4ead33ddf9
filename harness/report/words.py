"""Numbers and results as words, one way for every report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from harness.model import FaultReport, RunResult, RunVerdict, Validity
from harness.verdict import evidence_words, not_proven

NONE = "-"  # what stands where there is no number


def number(value: float | None) -> str:
    """Three significant digits or all of the whole part: `0.00123`, `12.3`, `1,234`."""
    if value is None:
        return NONE
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(abs(value))))}f}".rstrip("0").rstrip(".")


def seconds(value: float | None) -> str:
    """An instant of the run: `8.26 s`."""
    return NONE if value is None else f"{value:.2f} s"


def duration(value: float | None) -> str:
    """A length of time: `0.8 ms`, `350 ms`, `2.1 s`, `3 min 20 s`."""
    if value is None:
        return NONE
    if value < 1:
        return f"{number(value * 1000)} ms"
    if value < 120:
        return f"{number(value)} s"
    hours, rest = divmod(round(value), 3600)
    minutes, rest = divmod(rest, 60)
    parts = ((hours, "h"), (minutes, "min"), (rest, "s"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n)


def percent(share: float | None) -> str:
    """A share of a budget: `0 %`, `12.5 %`, `1,960 %`."""
    return NONE if share is None else f"{number(share * 100)} %"


def ms(value: float | None) -> str:
    """A latency in ms, for a table."""
    return NONE if value is None else number(value * 1000)


def tick(t_s: float) -> str:
    """A label of the time axis."""
    if t_s < 120 or t_s % 60:
        return f"{t_s:g} s"
    return f"{t_s / 60:g} min" if t_s < 7200 else f"{t_s / 3600:g} h"


def fault_words(fault: FaultReport) -> str:
    """What shows that a fault bit, or why nothing does."""
    seen = f"{fault.evidence.get('claim', '')} ({evidence_words(fault)})"
    parts = [seen if fault.proven or fault.cut_short else not_proven(fault)]
    parts += [f"worse afterwards: {fault.worse}"] if fault.worse else []
    parts += [f"not ready afterwards: {fault.unready}"] if fault.unready else []
    return "; ".join(parts)


def sentence(result: RunResult) -> str:
    """The verdict in one sentence, for somebody who reads nothing else."""
    return _SENTENCES[result.verdict](result)


def _pass(result: RunResult) -> str:
    held = f"{len(result.verdicts)} invariants"
    if result.thresholds:
        held += f" and {len(result.thresholds)} thresholds"
    recovery_s = result.figures.get("recovery", {}).get("recovery_time_s")
    good = f"; service was good again {duration(recovery_s)} after healing" if recovery_s else ""
    return f"{held} held{_through(result.faults)}{good}."


def _through(faults: Sequence[FaultReport]) -> str:
    if not faults:
        return " under load alone"
    return " through " + " and ".join(dict.fromkeys(f"{f.kind} at {f.where}" for f in faults))


def _fail(result: RunResult) -> str:
    broken = [one for one in result.verdicts if one.validity is Validity.INVALID]
    if not broken:
        return f"A weakness was found: {result.reasons[0]}."
    first = min(broken, key=lambda one: float((one.first_bad or {}).get("t_s", math.inf)))
    t_s = float((first.first_bad or {}).get("t_s", 0.0))
    more = f" and {len(broken) - 1} more" if len(broken) > 1 else ""
    names = f"{broken[0].checker}{more} of {len(result.verdicts)} invariants broke"
    began = min((f.t_inject_s for f in result.faults if f.t_inject_s is not None), default=None)
    after = f", {duration(t_s - began)} into the fault" if began is not None and t_s > began else ""
    return f"A weakness was found: {names}; first {first.checker} at {seconds(t_s)}{after}."


def _inconclusive(result: RunResult) -> str:
    return "Nothing is proven, neither good nor bad: evidence is missing for what follows."


def _unsafe(result: RunResult) -> str:
    return "An undo could not be proven: something may still be broken. Run: harness faults clear"


def _error(result: RunResult) -> str:
    return "The harness or its environment broke; this says nothing about the service."


def _interrupted(result: RunResult) -> str:
    return "Somebody ended the run; every fault was undone. What is known stands below."


_SENTENCES: Mapping[RunVerdict, Callable[[RunResult], str]] = {
    RunVerdict.PASS: _pass,
    RunVerdict.FAIL: _fail,
    RunVerdict.INCONCLUSIVE: _inconclusive,
    RunVerdict.ERROR: _error,
    RunVerdict.UNSAFE: _unsafe,
    RunVerdict.INTERRUPTED: _interrupted,
}
