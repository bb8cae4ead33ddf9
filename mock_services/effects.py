"""What a stand-in can be told to do wrong: one function an effect, one table of them all.

request -> [ effect ] -> ... -> call.do(...)  work: ledger, state  -> reply
                |
                +-- before it, after it, instead of it, or by changing how it is done
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from types import MappingProxyType
from typing import Any

import msgspec

from mock_services.calls import Call, Reply, ReplyLost
from mock_services.effect_args import (
    CapacityArgs,
    CellArgs,
    DelayArgs,
    DeltaArgs,
    ErrorAfterArgs,
    ErrorArgs,
    FieldsArgs,
    ForgetArgs,
    GarbledArgs,
    LateCallbackArgs,
    LaterArgs,
    LateSuccessArgs,
    NoArgs,
    PageArgs,
    PointsArgs,
    QuotaArgs,
    RefusedArgs,
    RevokedArgs,
    ScoreArgs,
    TimesArgs,
)
from mock_services.unreadable import unreadable


async def error(call: Call, args: ErrorArgs) -> Reply:
    """Refuse before any effect."""
    body = {"code": args.code or "unavailable", "message": "refused, nothing was done"}
    return Reply(args.status, body, _retry_after(call, args))


async def error_after(call: Call, args: ErrorAfterArgs) -> Reply:
    """Do the work, then answer as a proxy does that gave up."""
    await call.do()
    body = {"code": args.code or "internal_error", "message": "something went wrong"}
    return Reply(args.status, body, _retry_after(call, args))


def _retry_after(call: Call, args: ErrorArgs) -> tuple[tuple[bytes, bytes], ...]:
    if args.retry_after_s is None:
        return ()
    if args.retry_after_as == "seconds":
        return ((b"retry-after", b"%d" % args.retry_after_s),)
    now = call.calendar()
    until = format_datetime(now + timedelta(seconds=args.retry_after_s), usegmt=True)
    date = format_datetime(now, usegmt=True)
    return ((b"date", date.encode()), (b"retry-after", until.encode()))


async def other_fields(call: Call, args: FieldsArgs) -> Reply:
    """Do the work, then answer with other values than those that hold."""
    reply = await call.do()
    told = {**reply.body, **args.fields} if isinstance(reply.body, dict) else reply.body
    kept = {name: told[name] for name in told if told[name] is not None}
    return msgspec.structs.replace(reply, body=kept)


async def intercepted(call: Call, args: PageArgs) -> Reply:
    """A proxy's page, or nothing, in place of the work."""
    return Reply(args.status, *unreadable(None, args.form))


async def garbled(call: Call, args: GarbledArgs) -> Reply:
    """Do the work, then answer with a body that is not the JSON object of the contract."""
    return Reply(args.status, *unreadable((await call.do()).body, args.form))


async def reply_lost(call: Call, args: NoArgs) -> Reply:
    """Do the work, then close the connection without a reply."""
    await call.do()
    raise ReplyLost(call.op)


async def request_lost(call: Call, args: NoArgs) -> Reply:
    """Do nothing and close the connection without a reply."""
    raise ReplyLost(call.op)


async def slow(call: Call, args: DelayArgs) -> Reply:
    """Do the work at once and reply late: a caller that gives up is wrong about the money."""
    try:
        return await call.do()
    finally:
        await call.clock.sleep(args.delay_s)


async def capacity(call: Call, args: CapacityArgs) -> Reply:
    """Wait for one's turn, then do the work; who gives up meanwhile keeps their place."""
    now_s = call.clock.now_s()
    turn_s = max(now_s, call.lane.taken_s)
    call.lane.taken_s = turn_s + 1 / args.per_s
    await call.clock.sleep(turn_s - now_s)
    return await call.do()


async def late_success(call: Call, args: LateSuccessArgs) -> Reply:
    """Answer FAILED now and reach SUCCESS later."""
    return await call.do(first="FAILED", code=args.code, ends="SUCCESS", after_s=args.delay_s)


async def processing(call: Call, args: LaterArgs) -> Reply:
    """Answer PROCESSING now, and reach its end later, or never."""
    ends, after_s = ("", 0.0) if args.delay_s is None else (args.ends, args.delay_s)
    return await call.do(first="PROCESSING", ends=ends, after_s=after_s)


async def decline(call: Call, args: NoArgs) -> Reply:
    """Refuse for a business reason: FAILED for money, `decline` for a score."""
    if call.op == "score":
        return await call.do(declined=True)
    return await call.do(first="FAILED", code="DECLINED")


async def not_found(call: Call, args: NoArgs) -> Reply:
    """Deny knowing the request."""
    return Reply(404, {"code": "not_found", "message": "no such request"})


async def score(call: Call, args: ScoreArgs) -> Reply:
    """Answer a given score."""
    return await call.do(adjust=lambda _: args.value)


async def drift(call: Call, args: PointsArgs) -> Reply:
    """Move the score, within 0..1000."""
    return await call.do(adjust=lambda points: min(1000, max(0, points + args.points)))


async def quota_gone(call: Call, args: NoArgs) -> Reply:
    """Say that the quota is used up."""
    return Reply(409, {"code": "quota_exhausted", "message": "the quota is used up"})


async def oversold(call: Call, args: QuotaArgs) -> Reply:
    """Tell a smaller quota, and take whatever is asked beyond it: a count that is raced."""
    return await call.do(quota_minor=args.quota_minor, kept=False)


async def quota_cut(call: Call, args: QuotaArgs) -> Reply:
    """Tell a smaller quota, and keep to it."""
    return await call.do(quota_minor=args.quota_minor)


async def withdraw(call: Call, args: NoArgs) -> Reply:
    """Step back from what was set aside, when it is asked for."""
    return await call.do(withdrawn=True)


async def duplicate_callback(call: Call, args: TimesArgs) -> Reply:
    """Deliver the callback several times."""
    return await call.do(times=args.times)


async def callback_lost(call: Call, args: NoArgs) -> Reply:
    """Never deliver the callback."""
    return await call.do(times=0)


async def late_callback(call: Call, args: LateCallbackArgs) -> Reply:
    """Deliver the callback late, or a contradiction after it."""
    if args.status is None:
        return await call.do(held_s=args.delay_s)
    return await call.do(later_s=args.delay_s, later=args.status)


async def key_expired(call: Call, args: ForgetArgs) -> Reply:
    """Treat a request id that is older as one that never came."""
    return await call.do(forget_after_s=args.after_s)


async def wrong_amount(call: Call, args: DeltaArgs) -> Reply:
    """Deliver a callback with a wrong amount."""
    return await call.do(delta_minor=args.delta_minor)


async def forged_callback(call: Call, args: NoArgs) -> Reply:
    """Somebody else tells that the money moved, each time with one detail that is wrong."""
    return await call.do(forged=True)


async def suspend(call: Call, args: CellArgs) -> Reply:
    """Never shown by a call: the policy changes when the rule is set."""
    return await call.do()


async def blank(call: Call, args: NoArgs) -> Reply:
    """Answer a document without anything in it."""
    return Reply(200, {})


async def outdated(call: Call, args: NoArgs) -> Reply:
    """Answer the document that was in force before the last change."""
    return await call.do(back=1)


async def refuse(call: Call, args: RefusedArgs) -> Reply:
    """Score nobody of a segment or region: a business refusal, with its own code."""
    return await call.do(refused=args)


async def credential_revoked(call: Call, args: RevokedArgs) -> Reply:
    """Refuse, before any effect, who shows this key or none."""
    if call.bearer not in ("", args.key):
        return await call.do()
    return Reply(401, {"code": "credential_revoked", "message": "not a key that is in force"})


CALLBACK_OP = "callback"
ANY_REQUEST: frozenset[str] = frozenset()
CALLBACK = frozenset({CALLBACK_OP})
POLICY = frozenset({"policy"})
CREATE = frozenset({"create_payout", "create_debit"})
OWN = CREATE | {CALLBACK_OP, "inquire", "statement", "score", "limit", "send"}
OWN |= {"reserve", "commit", "release", "quota", "file", "policy", "enact", "publish"}
"""Ops of the stand-ins of this package; any other is one of a mapping."""
PAUSE, ENDING, CHANGE, REFUSAL = "pause", "ending", "change", "refusal"


@dataclass(frozen=True, slots=True)
class Effect:
    """A row of the table: the function, the ops that it fits and its arguments.

    Args:
        layer: a `pause` around the call, another `ending` after it, a `change` of how it is done,
            a `refusal` in place of it.
        ops: names; `ANY_REQUEST` for every op that somebody calls, of whatever stand-in.
        of: what a change changes; one call has one change of a thing.
        mapped: whether every op of a mapping can show it too.
    """

    run: Callable[[Call, Any], Awaitable[Reply]]
    layer: str
    ops: frozenset[str]
    args: type[msgspec.Struct] = NoArgs
    of: str = ""
    mapped: bool = False

    def fits(self, op: str) -> bool:
        """Whether it can be shown at an op."""
        if self.mapped and op not in OWN:
            return True
        return op in self.ops or (not self.ops and op != CALLBACK_OP)


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "error": Effect(error, REFUSAL, ANY_REQUEST, ErrorArgs),
        "error_after": Effect(error_after, ENDING, ANY_REQUEST, ErrorAfterArgs),
        "other_fields": Effect(other_fields, ENDING, ANY_REQUEST, FieldsArgs),
        "intercepted": Effect(intercepted, REFUSAL, ANY_REQUEST, PageArgs),
        "garbled": Effect(garbled, ENDING, ANY_REQUEST, GarbledArgs),
        "reply_lost": Effect(reply_lost, ENDING, ANY_REQUEST),
        "request_lost": Effect(request_lost, REFUSAL, ANY_REQUEST),
        "credential_revoked": Effect(credential_revoked, PAUSE, ANY_REQUEST, RevokedArgs, "key"),
        "slow": Effect(slow, PAUSE, ANY_REQUEST, DelayArgs),
        "capacity": Effect(capacity, PAUSE, ANY_REQUEST, CapacityArgs, "turn"),
        "late_success": Effect(late_success, CHANGE, CREATE, LateSuccessArgs, "status"),
        "processing": Effect(processing, CHANGE, CREATE, LaterArgs, "status"),
        "decline": Effect(decline, CHANGE, CREATE | {"score"}, of="status", mapped=True),
        "not_found": Effect(not_found, REFUSAL, frozenset({"inquire"})),
        "score": Effect(score, CHANGE, frozenset({"score"}), ScoreArgs, "points"),
        "drift": Effect(drift, CHANGE, frozenset({"score"}), PointsArgs, "points"),
        "quota_gone": Effect(quota_gone, REFUSAL, frozenset({"reserve"})),
        "oversold": Effect(oversold, CHANGE, frozenset({"reserve", "quota"}), QuotaArgs, "quota"),
        "quota_cut": Effect(quota_cut, CHANGE, frozenset({"reserve", "quota"}), QuotaArgs, "quota"),
        "withdraw": Effect(withdraw, CHANGE, frozenset({"commit"}), of="status"),
        "duplicate_callback": Effect(duplicate_callback, CHANGE, CALLBACK, TimesArgs, "copies"),
        "callback_lost": Effect(callback_lost, CHANGE, CALLBACK, of="copies"),
        "late_callback": Effect(late_callback, CHANGE, CALLBACK, LateCallbackArgs, "instant"),
        "key_expired": Effect(key_expired, CHANGE, CREATE | {"inquire"}, ForgetArgs, "memory"),
        "wrong_amount": Effect(wrong_amount, CHANGE, CALLBACK, DeltaArgs, "amount"),
        "forged_callback": Effect(forged_callback, CHANGE, CREATE, of="forged"),
        "refuse": Effect(refuse, CHANGE, frozenset({"score"}), RefusedArgs, "refused"),
        "suspend": Effect(suspend, CHANGE, frozenset({"enact"}), CellArgs, "cell"),
        "blank": Effect(blank, REFUSAL, POLICY),
        "outdated": Effect(outdated, CHANGE, POLICY, of="epoch"),
    }
)
