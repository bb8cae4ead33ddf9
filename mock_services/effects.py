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
    SpoiledArgs,
    TimesArgs,
    VersionArgs,
)
from mock_services.effect_changes import (
    callback_lost,
    decline,
    drift,
    duplicate_callback,
    file_spoiled,
    forged_callback,
    key_expired,
    late_callback,
    late_success,
    other_model,
    outdated,
    oversold,
    processing,
    quota_cut,
    refuse,
    score,
    suspend,
    withdraw,
    wrong_amount,
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


async def shared_limit(call: Call, args: CapacityArgs) -> Reply:
    """Do it while something is left of the allowance that others use up too; refuse the rest."""
    return await call.refused(args.per_s) or await call.do()


async def not_found(call: Call, args: NoArgs) -> Reply:
    """Deny knowing the request."""
    return Reply(404, {"code": "not_found", "message": "no such request"})


async def quota_gone(call: Call, args: NoArgs) -> Reply:
    """Say that the quota is used up."""
    return Reply(409, {"code": "quota_exhausted", "message": "the quota is used up"})


async def blank(call: Call, args: NoArgs) -> Reply:
    """Answer a document without anything in it."""
    return Reply(200, {})


async def credential_revoked(call: Call, args: RevokedArgs) -> Reply:
    """Refuse, before any effect, who shows this key or none."""
    if call.bearer not in ("", args.key):
        return await call.do()
    return Reply(401, {"code": "credential_revoked", "message": "not a key that is in force"})


CALLBACK_OP = "callback"
ANY_REQUEST: frozenset[str] = frozenset()
CALLBACK = frozenset({CALLBACK_OP})
POLICY, FILE = frozenset({"policy"}), frozenset({"file"})
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
        "shared_limit": Effect(shared_limit, PAUSE, CREATE, CapacityArgs, "allowance"),
        "late_success": Effect(late_success, CHANGE, CREATE, LateSuccessArgs, "status"),
        "processing": Effect(processing, CHANGE, CREATE, LaterArgs, "status"),
        "decline": Effect(decline, CHANGE, CREATE | {"score"}, of="status", mapped=True),
        "not_found": Effect(not_found, REFUSAL, frozenset({"inquire"})),
        "score": Effect(score, CHANGE, frozenset({"score"}), ScoreArgs, "points"),
        "drift": Effect(drift, CHANGE, frozenset({"score"}), PointsArgs, "points"),
        "other_model": Effect(other_model, CHANGE, frozenset({"score"}), VersionArgs, "model"),
        "quota_gone": Effect(quota_gone, REFUSAL, frozenset({"reserve"})),
        "oversold": Effect(oversold, CHANGE, frozenset({"reserve", "quota"}), QuotaArgs, "quota"),
        "quota_cut": Effect(quota_cut, CHANGE, frozenset({"reserve", "quota"}), QuotaArgs, "quota"),
        "file_spoiled": Effect(file_spoiled, CHANGE, FILE, SpoiledArgs, "lines"),
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
