"""The catalogue of invariants: the ids that reports speak of, and what each demands."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

CATALOGUE: Mapping[str, str] = MappingProxyType(
    {
        "M1": "At most one successful payout a loan, over all gateways, by business key.",
        "M2": "A loan is active exactly when it was paid out.",
        "M3": "The sum of debits at the gateways is the sum of repayments credited; at most one "
        "debit a due item.",
        "M4": "Every journal balances; funding shares sum to the principal.",
        "M5": "Allocations of funders stay within their quotas; what was reserved is released.",
        "M6": "Decisions without the risk engine stay within caps, are labelled and re-scored.",
        "M7": "Terminal states are immutable; who was told FAILED does not end in SUCCESS without "
        "compensation and notice.",
        "M8": "Same key and body: same result; same key, other body: refused; n at once: one "
        "effect.",
        "M9": "No interest or penalty for times in which our system refused or lost a repayment.",
        "M10": "The amount charged is the amount confirmed.",
        "M11": "Breaks found by reconciliation are found, aged and explained.",
        "C1": "No new business in a suspended cell, on any node, queue or standby.",
        "C2": "Concentration, share, region and amount caps hold in every mode.",
        "C3": "Policy unknown for too long: closed for new lending, never for repayment.",
        "C4": "The audit trail is complete.",
        "U1": "A request is acknowledged in time, or rejected explicitly.",
        "U2": "It ends, or is explained as pending, in time.",
        "U3": "No failure without an explanation.",
        "U4": "A limit that is shown is fresh, or marked as old.",
        "U5": "Repayment is never blocked.",
        "U6": "Contracts stay readable.",
        "U7": "The declared mode is the observed mode; the status page is true.",
        "U8": "The right people are told in time.",
        "U9": "No segment is harmed out of proportion.",
        "U10": "A business refusal does not read like a system that is busy.",
        "R1": "Only what is declared to degrade degrades.",
        "R2": "Detected, decided and mitigated in time.",
        "R3": "Recovery time and data loss within objectives; no acknowledged money is lost.",
        "R4": "Calls to a failing dependency stay within one and the retry budget.",
        "R5": "Goodput is back within the objective at unchanged load.",
        "R6": "One writer an epoch.",
        "R7": "Failback loses and duplicates nothing.",
        "R8": "Queues are bounded in depth and age; expired work is answered.",
        "R9": "A bounded number of mode changes.",
        "R10": "The order of shedding is kept.",
        "R11": "A fallback shares no part that failed.",
        "R12": "Status page and telemetry work while the data plane is down.",
        "E1": "Steady state before and after.",
        "E2": "The report is complete.",
        "E3": "Missing evidence is inconclusive, never a pass.",
        "E4": "The same seed gives the same schedule; the spread over repeats is stated.",
        "E5": "Everything is verified clean at the end.",
    }
)

TIER_ONE = frozenset(one for one in CATALOGUE if one[0] in "MC")
"""Money and compliance: nothing is tolerated, in any mode; the others have budgets."""
