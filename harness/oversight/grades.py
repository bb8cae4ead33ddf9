"""Measured grade beside expert grade: which stands, and who dissents.

tier 1 broken            critical stands; an expert who says less is overruled, and kept
experts                  the worst of their grades stands; a measured grade that differs is
                         dissent, and kept
no expert                the measured grade stands
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.json_types import JsonDict
from harness.model import EXIT_CODES, RunVerdict
from harness.oversight.measured import WORST, Measured
from harness.oversight.register import GRADES, SCALE, Opinion, Risk

AGREES, DISSENTS, OVERRULED = "agrees", "dissents", "overruled"


def graded(risk: Risk, seen: Sequence[Measured]) -> JsonDict:
    """A risk with both grades, both reasons, and the one that stands.

    Args:
        seen: one for each of its experiments.
    """
    grade = max((one.grade for one in seen if one.grade), key=_rank, default="")
    tier_one = [one for measured in seen for one in measured.tier_one]
    opinions = [one.grade for one in risk.experts]
    if tier_one:
        stands, why = SCALE[WORST], f"tier 1 {tier_one[0].title} is broken: no expert overrides it"
    elif opinions:
        stands = max(opinions, key=_rank)
        why = "the worst of the experts' grades" if len(opinions) > 1 else "the expert's grade"
    else:
        stands, why = grade, "no expert has graded it"
    return {
        "id": risk.id,
        "title": risk.title,
        "items": risk.items,
        "stands": stands,
        "because": why,
        "measured": {
            "grade": grade,
            "differs": bool(grade) and grade != stands,
            "experiments": [one.as_data() for one in sorted(seen, key=_worst_first)],
            "missing": [one.experiment for one in seen if not one.grade],
        },
        "experts": [_expert(one, stands, bool(tier_one)) for one in risk.experts],
    }


def exit_code(risks: Sequence[JsonDict]) -> int:
    """1 where tier 1 is broken, 3 where an experiment has no judged run, else 0."""
    seen = [one["measured"] for one in risks]
    if any(one["grade"] == SCALE[WORST] for one in seen):
        return EXIT_CODES[RunVerdict.FAIL]
    missing = any(one["missing"] for one in seen)
    return EXIT_CODES[RunVerdict.INCONCLUSIVE if missing else RunVerdict.PASS]


def overruled(risks: Sequence[JsonDict]) -> Iterator[tuple[str, str]]:
    """Risk and expert of each opinion that does not count."""
    for risk in risks:
        yield from ((risk["id"], e["by"]) for e in risk["experts"] if e["standing"] == OVERRULED)


def _expert(one: Opinion, stands: str, tier_one: bool) -> JsonDict:
    differs = DISSENTS if not tier_one else OVERRULED
    told = one.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {**told, "standing": AGREES if one.grade == stands else differs}


def _worst_first(one: Measured) -> int:
    return -_rank(one.grade) if one.grade else 1


def _rank(grade: str) -> int:
    return GRADES.index(grade)
