"""The reference service's failover designs: whether one can be used, and which choice does harm."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from chaos.lending import REGIONS, SEGMENTS

SERVICE_DESIGN = "lending_service.design"  # by name: the vocabulary imports no service


@dataclass(frozen=True)
class _Choice:
    """A choice of a design and the invariants that break by it."""

    key: str
    value: object
    harm: str
    breaks: tuple[str, ...]


CHOICES = (
    _Choice(
        "payout_key", "attempt",
        "a retry is a new payment to the gateway, which pays each",
        ("no_double_payout", "debits_match_repayments", "active_means_paid"),
    ),
    _Choice(
        "unknown_payment", "fail",
        "silence is taken for failure, although the money may have moved",
        ("no_double_payout", "debits_match_repayments", "active_means_paid",
         "terminal_states_immutable"),
    ),
    _Choice(
        "failed_payment", "believe",
        "a FAILED that is not final is paid again, and may still succeed",
        ("no_double_payout", "debits_match_repayments", "active_means_paid",
         "terminal_states_immutable"),
    ),
    _Choice(
        "failed_payment", "final_code",
        "a FAILED that its gateway calls final is paid again, although its books hold the payment",
        ("no_double_payout", "debits_match_repayments", "active_means_paid"),
    ),
    _Choice(
        "risk_down", "approve_all",
        "without the risk engine everybody is approved, without label or cap",
        ("stand_in_within_caps",),
    ),
    _Choice(
        "risk_down", "error",
        "without the risk engine nobody gets a decision",
        ("no_unexplained_failure", "only_declared_degrades"),
    ),
    _Choice(
        "idempotency", "ignore",
        "a repeated request is a new request",
        ("same_key_same_result", "decision_is_pinned", "no_double_payout",
         "debits_match_repayments"),
    ),
    _Choice(
        "funding", "single",
        "nobody steps in for the one funder",
        ("funding_within_quota", "lending_stays_spread", "only_declared_degrades",
         "every_application_answered", "recovers_within"),
    ),
    _Choice(
        "spread", None,
        "whoever is there funds everything, however large a part of it that is",
        ("lending_stays_spread", "quota_warned_early", "funding_within_quota"),
    ),
    _Choice(
        "shed", None,
        "everybody is taken in, however long they will wait",
        ("sheds_in_order",),
    ),
    _Choice(
        "reconcile", None,
        "nobody compares our records with the files of those who move money",
        ("breaks_are_found",),
    ),
    _Choice(
        "pool", None,
        "nobody pays while no funder can be reached",
        ("reserve_pool_holds",),
    ),
    _Choice(
        "submit", "sync",
        "the borrower waits for every third party, and what was begun is lost with the request",
        ("acknowledged_in_time", "every_application_answered", "only_declared_degrades",
         "funding_within_quota", "active_means_paid"),
    ),
    _Choice(
        "repay", "sync",
        "a repayment needs the gateway to answer at once",
        ("repayment_never_blocked",),
    ),
    _Choice(
        "limit_down", "error",
        "no limit is shown while the risk engine is unavailable",
        ("no_unexplained_failure",),
    ),
    _Choice(
        "errors", "bare",
        "a refusal gives neither reason nor next step",
        ("no_unexplained_failure", "acknowledged_in_time", "only_declared_degrades",
         "waiting_needs_no_call"),
    ),
    _Choice(
        "application_explain_within_s", None,
        "nobody is told when to expect the next word",
        ("every_application_answered", "waiting_needs_no_call", "staff_can_tell"),
    ),
    _Choice(
        "notices", "once",
        "a notice that did not get through is never sent again",
        ("borrowers_told",),
    ),
    _Choice(
        "status_page", "own",
        "the page is served by the service itself, and is away when it is",
        ("status_page_stands_apart",),
    ),
    _Choice(
        "mode_trail", "memory",
        "what was declared, when and why is gone with the process",
        ("mode_changes_are_kept",),
    ),
    _Choice(
        "score_guard", None,
        "whatever the risk engine answers is taken for a score",
        ("wrong_scores_are_noticed",),
    ),
    _Choice(
        "policy_refresh_s", None,
        "the policy is asked for once and kept for ever",
        ("suspended_cells_stay_closed", "lending_needs_a_policy"),
    ),
    _Choice(
        "policy_unknown_after_s", None,
        "who cannot know the policy lends as if nothing were suspended",
        ("lending_needs_a_policy",),
    ),
    _Choice(
        "breaker", None,
        "calls go on to what is known to be broken",
        ("recovers_within", "recovers_from_surge", "staff_can_tell"),
    ),
    _Choice(
        "synchronous_commit", "local",
        "what is acknowledged is on one machine alone, and is lost with it",
        ("acknowledged_is_kept", "acknowledged_is_readable"),
    ),
    _Choice(
        "commit_wait", "cancel",
        "a cancelled wait shows a commit that the standby may never get",
        ("acknowledged_is_kept", "acknowledged_is_readable", "terminal_states_immutable"),
    ),
    _Choice(
        "answer_within_s", None,
        "waits for the records add up until the borrower has given up",
        ("no_unexplained_failure", "acknowledged_in_time"),
    ),
    _Choice(
        "read_only_primary", "keep",
        "the pool goes on handing out connections to a primary that takes no writes",
        ("recovers_within", "every_application_answered", "acknowledged_in_time"),
    ),
    _Choice(
        "runbook", "ask_the_expert",
        "one person is asked, nobody else when that one does not answer, and then nothing is done",
        ("mitigated_in_time",),
    ),
    _Choice(
        "runbook", None,
        "nobody has a plan",
        ("mitigated_in_time",),
    ),
    _Choice(
        "writer", "any",
        "each of two instances writes when it is asked to, whoever else does",
        ("one_writer_an_epoch",),
    ),
    _Choice(
        "reads_from", "standby",
        "whoever looks something up is led to where it may not have arrived yet",
        ("acknowledged_is_readable",),
    ),
)  # fmt: skip


def explain(invariant: str, design: Mapping[str, object]) -> str:
    """The choices of a design by which this invariant can break; "" when none is known to."""
    absent = object()
    return "; ".join(
        f"{choice.key}: {'null' if choice.value is None else choice.value}: {choice.harm}"
        for choice in CHOICES
        if invariant in choice.breaks and design.get(choice.key, absent) == choice.value
    )


def design_problems(
    design: Mapping[str, object], funders: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """What the service itself says is wrong with a design document, and whom it names that is not
    there; empty when it can be used.

    Args:
        funders: of the target; () where nobody looks at names.

    Returns:
        (top-level key, what is wrong with it).
    """
    service = importlib.import_module(SERVICE_DESIGN)
    try:
        service.Design.from_mapping(design)
    except service.DesignError as error:
        return [(re.split(r"[.:]", problem)[0], problem) for problem in error.problems]
    return [("spread", problem) for problem in _strangers(design, funders)]


def _strangers(design: Mapping[str, object], funders: Sequence[str]) -> Iterator[str]:
    """Names in shares and caps that nothing has."""
    spread: Any = design.get("spread")
    allowed = {"shares": funders, "funder": funders, "region": REGIONS, "segment": SEGMENTS}
    for key, names in allowed.items() if spread and funders else ():
        named = spread.get(key)
        for name in named if isinstance(named, Mapping) else ():
            if name not in names:
                yield f"spread.{key}.{name}: there is none; allowed: {', '.join(names)}"


def design_schema() -> dict[str, Any]:
    """JSON Schema of a design, as the service itself reads one."""
    schema = msgspec.json.schema(importlib.import_module(SERVICE_DESIGN).Design)
    name = str(schema["$ref"]).rpartition("/")[2]
    parts: dict[str, Any] = schema["$defs"]
    return {**parts[name], "$defs": parts}
