"""Effects that change how a call is done: another status, another amount, more or fewer copies.

Each does the work with other settings; what a setting means stands at the work itself.
"""

from __future__ import annotations

from mock_services.calls import Call, Reply
from mock_services.effect_args import (
    CellArgs,
    DeltaArgs,
    ForgetArgs,
    LateCallbackArgs,
    LaterArgs,
    LateSuccessArgs,
    NoArgs,
    PointsArgs,
    QuotaArgs,
    RefusedArgs,
    ScoreArgs,
    SpoiledArgs,
    TimesArgs,
    VersionArgs,
)


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


async def score(call: Call, args: ScoreArgs) -> Reply:
    """Answer a given score."""
    return await call.do(adjust=lambda _: args.value)


async def drift(call: Call, args: PointsArgs) -> Reply:
    """Move the score, within 0..1000."""
    return await call.do(adjust=lambda points: min(1000, max(0, points + args.points)))


async def oversold(call: Call, args: QuotaArgs) -> Reply:
    """Tell a smaller quota, and take whatever is asked beyond it: a count that is raced."""
    return await call.do(quota_minor=args.quota_minor, kept=False)


async def quota_cut(call: Call, args: QuotaArgs) -> Reply:
    """Tell a smaller quota, and keep to it."""
    return await call.do(quota_minor=args.quota_minor)


async def withdraw(call: Call, args: NoArgs) -> Reply:
    """Step back from what was set aside, when it is asked for."""
    return await call.do(withdrawn=True)


async def file_spoiled(call: Call, args: SpoiledArgs) -> Reply:
    """Tell a file of a period that is not what the ledger holds."""
    return await call.do(spoiled=args)


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


async def outdated(call: Call, args: NoArgs) -> Reply:
    """Answer the document that was in force before the last change."""
    return await call.do(back=1)


async def refuse(call: Call, args: RefusedArgs) -> Reply:
    """Score nobody of a segment or region: a business refusal, with its own code."""
    return await call.do(refused=args)


async def other_model(call: Call, args: VersionArgs) -> Reply:
    """Answer as another replica does, which has another version of the model."""
    return await call.do(version=args.version)
