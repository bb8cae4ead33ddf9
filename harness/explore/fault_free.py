"""The fault-free baseline of a search: where it does not work, nothing can be concluded."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from harness.errors import HarnessError
from harness.explore.sim_world import SimWorld
from harness.explore.windows import judged
from harness.history import Event
from harness.model import Outcome, Validity, Verdict

SHOWN_MAX = 200  # characters of an answer; chosen


def unfit(world: SimWorld) -> str:
    """Why nothing can be learned of a world, in its normal environment.

    Returns:
        the service's own error, or that no invariant could be judged; "" for a good world.
    """
    normal = replace(world, environment=())
    try:
        trace = normal.trace(())
    except HarnessError:
        raise  # of ours, or of the target's description
    except Exception as error:  # the service's own: it runs in this process
        return f"it does not run: {type(error).__name__}: {error}"
    history = judged(trace, normal.system)
    return no_success(history.of("client")) or not_judged(normal.verdicts(history))


def no_success(events: Iterable[Event]) -> str:
    """What was asked for and never succeeded; "" when everything did at least once."""
    ended: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        if event.type != "invoke":
            ended[event.f].append(event)
    if not ended:
        return "no operation was ever completed"
    failed = [(f, all_) for f, all_ in ended.items() if all(e.type != Outcome.OK for e in all_)]
    return "; ".join(_failed(f, all_) for f, all_ in failed)


def _failed(f: str, events: list[Event]) -> str:
    answer = json.dumps(dict(events[0].v), default=str)[:SHOWN_MAX] if events[0].v else ""
    said = " ".join(filter(None, (events[0].err or "no reason", answer)))
    return f"{f} never succeeded, {len(events)} tried: {events[0].type}, {said}"


def not_judged(verdicts: Iterable[Verdict]) -> str:
    """Why no invariant has anything to say; "" when one has."""
    every = list(verdicts)
    if any(one.validity is not Validity.UNKNOWN for one in every):
        return ""
    why = "; ".join(f"{one.checker}: {one.why}" for one in every[:3])
    return f"no invariant can be judged: {why or 'there is none'}"
