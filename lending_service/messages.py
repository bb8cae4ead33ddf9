"""The words for borrowers: what is going on and what comes next, by reason code."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    "acknowledged": "We have your application. You need do nothing; the decision comes next.",
    "scoring": "Your application is being decided.",
    "approved": "Approved. We are setting the money aside.",
    "reserving": "Approved. We are setting the money aside.",
    "reserved": "Approved, and the money is set aside. The payout comes next.",
    "paying": "The payout is on its way.",
    "payment_unknown": "The payout was sent and the bank has not confirmed it. We are asking; "
    "it will not be sent twice.",
    "payment_failed": "The bank did not take the payout. We are looking for another way.",
    "reversing": "The payout could not be made. We are giving back the money set aside.",
    "reversed": "The payout could not be made, and nothing is owed. You may apply again.",
    "declined": "We cannot lend on this application. This is a decision, not a fault.",
    "active": "Paid out. The schedule is in your loan.",
    "manual": "The bank has still not confirmed the payout. A colleague is looking into it; "
    "it will not be sent twice.",
    "risk_down": "Your application is safe and waits: our risk check is unavailable.",
    "funding_down": "Approved. No funder answers at present; we keep trying.",
    "quota_used_up": "Approved. What our funders can lend at present is used up; we go on as soon "
    "as they have more.",
    "pool_used_up": "Approved. No funder answers at present, and our reserve for this is used up; "
    "we keep trying.",
    "spread_full": "Approved. Whoever could fund it now would hold too large a part of all loans; "
    "we go on as soon as others can.",
    "funding_unclear": "Approved. A funder has not confirmed; we ask until it has.",
    "payment_down": "Approved, and the money is set aside. No payment channel answers at "
    "present; we keep trying.",
    "suspended": "New loans of this kind are suspended by a rule at present; this is no "
    "decision about you. We go on by ourselves once it is lifted. Repayments are not affected.",
    "policy_unknown": "New loans wait while the rules for them cannot be read. We go on by "
    "ourselves then. Repayments are not affected.",
    "segment_refused": "Applications like this one are not being decided at present; this is no "
    "decision about you. We go on by ourselves as soon as they are.",
    "suspended_expired": "New loans of this kind were suspended by a rule for too long. Nothing is "
    "owed; you may apply again once it is lifted.",
    "expired": "We could not decide in time, through our fault and not yours. Nothing is owed; "
    "you may apply again.",
}
