"""The parameters of one defence each, as a design has them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0, le=86_400)]
Count = Annotated[int, Meta(ge=1, le=1_000_000)]
Minor = Annotated[int, Meta(ge=0, le=10**13)]


class BreakerRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open after `failures` in a row, for `open_s`; close after `probes` good ones."""

    failures: Count
    open_s: Seconds
    probes: Count


class StandInCaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far decisions without the risk engine may go (lending.md §4)."""

    amount_minor_max: Minor
    user_count_max: Count
    user_amount_minor_max: Minor
    global_count_max: Count
    global_amount_minor_max: Minor
    score_min: Annotated[int, Meta(ge=0, le=1000)]
    score_age_days_max: Annotated[float, Meta(gt=0, le=3650)]
    rescore_within_s: Seconds


class ScoreGuardRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Have a known case scored at every so many decisions; once a score is another one, every
    `gap_s`, and believe again after `release_after` good ones in a row."""

    every: Count
    gap_s: Seconds
    release_after: Count


class CredentialsRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys that the service holds for third parties, in the order in which they were issued:
    what each is called, no secret. The next one is used `next_after_s` after the service began
    (null: no change is planned), and where a third party denies one (`next`, else `keep`)."""

    keys: Annotated[tuple[Annotated[str, Meta(pattern="^[A-Za-z0-9._-]{1,64}$")], ...],
                    Meta(min_length=1, max_length=8)]  # fmt: skip
    denied: Literal["next", "keep"]
    next_after_s: Seconds | None = None


class PoolRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lender's own reserve of `size_minor` pays, at most `draw_minor_max` a loan, for what has
    waited `after_s` while no funder can be reached; funders take it over as they come back."""

    size_minor: Minor
    draw_minor_max: Minor
    after_s: Seconds


class ShedRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Refuse new applications once whoever comes would have waited longer than `after_s` before
    work on theirs begins, for `for_s`; until that is over."""

    after_s: Seconds
    for_s: Seconds
