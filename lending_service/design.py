"""The failover design: one frozen value that decides every defence of the service."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lending_service.allowed import allowed, struct_in
from lending_service.defences import (
    BreakerRule,
    Count,
    CredentialsRule,
    PoolRule,
    ScoreGuardRule,
    Seconds,
    ShedRule,
    StandInCaps,
)
from lending_service.patroni import PatroniRule, undecided
from lending_service.reconciling import ReconcileRule
from lending_service.spread import SpreadRule, too_much


class DesignError(Exception):
    """A design document that cannot be used; the message lists every problem.

    Args:
        name: of the design.
        problems: each `key: what is wrong`, with nested keys as `breaker.open_s`.
    """

    def __init__(self, name: object, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"design {name!r}: " + "; ".join(problems))


class Design(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every defence and its parameters. What older documents do not name has a default.

    Args:
        submit: `queue` answers once the request is durable; `sync` does all the work first.
        repay: the same for repayments.
        upstream_timeout_s: longest wait for a third party's reply.
        connect_timeout_s: longest wait for a connection.
        tries_max: calls for one step, the first included.
        backoff_base_s: mean of the first pause between tries; doubles.
        backoff_cap_s: longest pause between tries.
        retry_budget_ratio: retries per first call to one third party, or null for no budget.
        payout_key: one request id a `loan` (and a repayment), or a new one an `attempt`.
        unknown_payment: a lost reply is `inquire`d with the same id, or taken to `fail`.
        inquiry_first_delay_s: first inquiry after this.
        inquiry_gap_cap_s: gaps grow to this.
        inquiries_max: then the case is `manual` (and is inquired about at `manual_gap_s`).
        not_found_confirmations: "never saw it" this often before the same id is sent again.
        reissue_after_s: and not before the call is this old.
        manual_gap_s: gap between inquiries of a manual case.
        payment_failover: never, or only after a definite failure.
        breaker: rule, or null for none.
        idempotency: keys are enforced or ignored.
        risk_down: a `stand_in` decides under caps, everybody is approved, or an error.
        stand_in: the caps; needed when `risk_down` is `stand_in`.
        limit_down: a `stale` limit, marked; or an error.
        stand_in_limit_minor: limit shown to somebody whose limit was never seen.
        funding: `route` over all funders, or the `single` first one.
        errors: `explained` (five fields) or `bare`.
        queue_gap_s: first pause before queued work is tried again; doubles.
        queue_gap_cap_s: longest such pause.
        queue_expiry_s: age at which an application that still waits is answered "no".
        application_explain_within_s: how soon the next word is promised, or null for none.
        mode_exit_s: a declared mode ends after so long without trouble.
        synchronous_commit: what a commit waits for, as PostgreSQL names it: `remote_apply` until
            the standby shows it, `on` and `remote_write` until it has it, `local` and `off` for
            no standby.
        commit_wait: a commit that waits too long is `cancel`led, which shows it although no
            standby has it; or its connection is given up (`abandon`) and it stays invisible.
        read_only_primary: connections to a primary that takes no writes any more are replaced
            (`reconnect`), or used on (`keep`).
        reads_from: who answers borrowers that look something up. Without a standby neither
            matters.
        records_tries_max: how often a request that a bad connection to the database spoiled is done
            in all; each time on another connection, and counted once by its key.
        answer_within_s: all that one request waits for our records ends so long after it came, and
            it is answered; or null: each wait ends by itself, however many there are in a row.
        not_taken_statuses: by which a third party is trusted to say that it did nothing, so that
            another one is used at once. A proxy may send any of them after the effect.
        retry_after_cap_s: `Retry-After` is obeyed up to this long, or null to ignore it.
        notices: a message to a borrower that may not have got through is sent again (`retry`), or
            not (`once`).
        score_guard: when scores are compared with known ones, or null: they are believed.
        policy_refresh_s: how old a policy may become before it is asked for again, or null: asked
            once.
        policy_unknown_after_s: new lending stops while the policy is older, or null: never.
        failed_payment: a FAILED counts once its code is final and the gateway's `statement` does
            not hold the payment; by its `final_code` alone; both asked for and not told by a
            callback; or every one is `believe`d.
        pool: the reserve that pays while no funder can be reached, or null for none.
        spread: shares and caps of funders, regions and segments, or null for none.
        reconcile: when our records are held to the files of who moves money, or null: never.
        failover: who promotes the standby of a primary that is gone: somebody by hand (`manual`),
            a `script` that looks whether the primary answers, and fences nothing; or `patroni`.
        patroni: how it decides; needed where it does.
        runbook: by which people and their programs answer an alert, by its name or file; or null.
            The service itself does nothing by it.
        writer: which of two instances writes: the one that holds the epoch in the database
            (`lease`), or each whenever it is asked to (`any`). One that is alone always does.
        credentials: keys for third parties and when they change, or null: none is shown.
        status_page: the page is published at a provider `apart`, where there is one; or users
            have the service's `own`, which is away when it is.
        mode_trail: changes of declared modes are kept with our `records`, or in `memory` alone.
        shed: when new applications are refused because too much waits, or null: never.
        jitter: share by which pauses differ, so that those who failed together part.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    description: str
    submit: Literal["queue", "sync"]
    repay: Literal["queue", "sync"]
    upstream_timeout_s: Seconds
    connect_timeout_s: Seconds
    tries_max: Annotated[int, Meta(ge=1, le=10)]
    backoff_base_s: Seconds
    backoff_cap_s: Seconds
    retry_budget_ratio: Annotated[float, Meta(gt=0, le=10)] | None
    payout_key: Literal["loan", "attempt"]
    unknown_payment: Literal["inquire", "fail"]
    inquiry_first_delay_s: Seconds
    inquiry_gap_cap_s: Seconds
    inquiries_max: Count
    not_found_confirmations: Count
    reissue_after_s: Seconds
    manual_gap_s: Seconds
    payment_failover: Literal["none", "definite_only"]
    breaker: BreakerRule | None
    idempotency: Literal["enforce", "ignore"]
    risk_down: Literal["stand_in", "approve_all", "error"]
    stand_in: StandInCaps | None
    limit_down: Literal["stale", "error"]
    stand_in_limit_minor: Annotated[int, Meta(ge=1, le=10**13)]
    funding: Literal["route", "single"]
    errors: Literal["explained", "bare"]
    queue_gap_s: Seconds
    queue_gap_cap_s: Seconds
    queue_expiry_s: Seconds
    application_explain_within_s: Seconds | None
    mode_exit_s: Seconds
    synchronous_commit: Literal["remote_apply", "on", "remote_write", "local", "off"]
    commit_wait: Literal["abandon", "cancel"]
    read_only_primary: Literal["reconnect", "keep"]
    reads_from: Literal["primary", "standby"]
    records_tries_max: Annotated[int, Meta(ge=1, le=10)] = 1
    answer_within_s: Seconds | None = None
    not_taken_statuses: tuple[Annotated[int, Meta(ge=400, le=599)], ...] = ()
    retry_after_cap_s: Seconds | None = 30.0
    failed_payment: Literal["statement", "final_code", "believe"] = "final_code"
    pool: PoolRule | None = None
    spread: SpreadRule | None = None
    reconcile: ReconcileRule | None = None
    failover: Literal["manual", "script", "patroni"] = "manual"
    patroni: PatroniRule | None = None
    runbook: str | None = None
    writer: Literal["lease", "any"] = "lease"
    status_page: Literal["apart", "own"] = "apart"
    mode_trail: Literal["records", "memory"] = "records"
    jitter: Annotated[float, Meta(ge=0, le=1)] = 0.25
    shed: ShedRule | None = None
    notices: Literal["retry", "once"] = "retry"
    score_guard: ScoreGuardRule | None = None
    credentials: CredentialsRule | None = None
    policy_refresh_s: Seconds | None = 1.0
    policy_unknown_after_s: Seconds | None = 6.0

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Design:
        """The design that a document describes.

        Raises:
            DesignError: listing every problem, with what is allowed.
        """
        problems = _problems(cls, mapping, "")
        if not problems and mapping["risk_down"] == "stand_in" and mapping["stand_in"] is None:
            problems = ["stand_in: got null, need caps because risk_down is stand_in"]
        if not problems and mapping.get("failover") == "patroni":
            problems = undecided(mapping.get("patroni"))
        if not problems:
            problems = _pool_too_small(mapping.get("pool")) + too_much(mapping.get("spread"))
        if problems:
            raise DesignError(mapping.get("name"), problems)
        return msgspec.convert(mapping, cls)


def _pool_too_small(pool: object) -> list[str]:
    if not isinstance(pool, Mapping) or pool["draw_minor_max"] <= pool["size_minor"]:
        return []
    most, size = pool["draw_minor_max"], pool["size_minor"]
    return [f"pool.draw_minor_max: got {most}, need at most size_minor, {size}"]


def _problems(struct: type[Any], mapping: Mapping[str, object], where: str) -> list[str]:
    hints = typing.get_type_hints(struct, include_extras=True)
    optional = {field.name for field in msgspec.structs.fields(struct) if not field.required}
    found = [
        f"{where}{key}: unknown, allowed: {', '.join(hints)}" for key in mapping if key not in hints
    ]
    for key, hint in hints.items():
        if key not in mapping and key in optional:
            continue
        if key not in mapping:
            found.append(f"{where}{key}: missing, need {allowed(hint)}")
            continue
        value, nested = mapping[key], struct_in(hint)
        if nested is not None and isinstance(value, Mapping):
            found += _problems(nested, value, f"{where}{key}.")
            continue
        try:
            msgspec.convert(value, hint)
        except msgspec.ValidationError:
            found.append(f"{where}{key}: got {value!r}, need {allowed(hint)}")
    return found
