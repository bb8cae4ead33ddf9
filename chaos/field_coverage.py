"""Every field of every answer to a borrower, and every kind of ledger entry: which invariants read
it, or why none does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

FIELD_COVERAGE: Mapping[str, str | tuple[str, ...]] = MappingProxyType(
    {
        "Problem.code": ("refusals_are_true", "repayment_never_blocked"),
        "Problem.message": ("refusals_are_true", "no_unexplained_failure"),
        "Problem.retryable": ("refusals_are_true",),
        "Problem.retry_after_s": ("refusals_are_true",),
        "Problem.reference": ("refusals_are_true",),
        "Submitted.application_id": ("same_key_same_result", "acknowledged_is_kept"),
        "Submitted.status": ("terminal_states_immutable", "active_means_paid"),
        "Submitted.message": ("every_application_answered",),
        "Submitted.next_update_by_s": ("every_application_answered",),
        "Application.reason_code": ("reasons_are_true", "decision_follows_score"),
        "Application.loan_id": ("active_means_paid", "paid_to_the_borrower"),
        "Application.amount_minor": ("answers_are_ones_own", "active_means_paid"),
        "Application.borrower": ("answers_are_ones_own", "borrowers_told"),
        "Application.decision.by": ("decision_follows_score", "stand_in_within_caps"),
        "Application.decision.score_age_days": ("decision_follows_score",),
        "Application.decision.rescored": ("stand_in_within_caps",),
        "Loan.loan_id": ("answers_are_ones_own",),
        "Loan.application_id": ("schedule_follows_term",),
        "Loan.borrower": ("schedule_follows_term", "paid_to_the_borrower"),
        "Loan.status": ("loan_shown_as_it_is", "schedule_follows_term"),
        "Loan.principal_minor": ("loans_add_up", "schedule_follows_term"),
        "Loan.outstanding_minor": ("loans_add_up",),
        "Loan.penalties_minor": ("loans_add_up",),
        "Loan.as_of_s": ("loan_shown_as_it_is",),
        "Loan.source": ("loan_shown_as_it_is",),
        "Loan.schedule.due_s": ("schedule_follows_term",),
        "Loan.schedule.amount_minor": ("schedule_follows_term", "loans_add_up"),
        "Loan.schedule.paid_minor": ("schedule_follows_term", "loans_add_up"),
        "Accepted.repayment_id": ("same_key_same_result", "acknowledged_is_kept"),
        "Accepted.status": ("debits_match_repayments", "repayments_end"),
        "Accepted.effective_at_s": ("credited_when_taken_in",),
        "Repayment.loan_id": ("answers_are_ones_own", "loans_add_up"),
        "Repayment.amount_minor": ("answers_are_ones_own", "debits_match_repayments"),
        "Limit.available_minor": ("limit_is_ones_own",),
        "Limit.currency": ("limit_is_ones_own",),
        "Limit.as_of_s": ("limit_is_ones_own", "old_limit_is_the_last"),
        "Limit.source": ("limit_fresh_or_marked", "limit_is_ones_own"),
        "Status.operations.mode": ("status_page_is_true", "modes_do_not_flap"),
        "Status.operations.since_s": ("status_page_is_true",),
        "Status.operations.reason": ("status_page_is_true",),
        "Status.operations.message": ("status_page_is_true",),
        "Status.operations.next_update_by_s": ("status_page_is_true",),
        **dict.fromkeys(
            (
                "ModeChanges.changes.number",
                "ModeChanges.changes.operation",
                "ModeChanges.changes.from",
                "ModeChanges.changes.to",
                "ModeChanges.changes.reason",
                "ModeChanges.changes.at_s",
            ),
            ("mode_changes_are_kept",),
        ),
        **dict.fromkeys(
            ("Breaks.breaks.sender", "Breaks.breaks.kind", "Breaks.breaks.since_s"),
            ("breaks_are_found",),
        ),
        **dict.fromkeys(
            (
                "Breaks.breaks.period",
                "Breaks.breaks.request_id",
                "Breaks.breaks.ours_minor",
                "Breaks.breaks.theirs_minor",
            ),
            "For people who clear a break up; a run reads how many there are and how old.",
        ),
        "ledger payout": ("no_double_payout", "active_means_paid", "paid_to_the_borrower"),
        "ledger debit": ("debits_match_repayments", "loans_add_up", "paid_to_the_borrower"),
        "ledger score": ("decision_follows_score", "stand_in_within_caps", "paid_to_the_borrower"),
        "ledger limit": ("limit_is_ones_own",),
        "ledger reserve": ("funding_within_quota", "paid_to_the_borrower"),
        "ledger commit": ("funding_within_quota",),
        "ledger release": ("funding_within_quota",),
        "ledger message": ("borrowers_told",),
    }
)
"""Schema of `openapi.yaml`, field -> names of invariants, or the reason why there is none."""
