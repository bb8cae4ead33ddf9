"""Several effects at one call: it may be slow, have a strange score, and lose its reply.

pause ──> ending ──> change, change ... ──> refusal, or the work

Of two that contradict each other the newest is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from mock_services.calls import Call, Reply
from mock_services.effects import CHANGE, ENDING, PAUSE, REFUSAL, Effect

LAYERS = (PAUSE, ENDING, CHANGE, REFUSAL)  # the outermost first
Shown = tuple[Effect, msgspec.Struct]


def composed(wanted: Sequence[Shown]) -> list[Shown]:
    """What one call shows of all that is wanted of it, the outermost first.

    Args:
        wanted: the newest first.

    Returns:
        one of each layer, and one change of each thing; a call that is refused changes nothing.
    """
    newest: dict[tuple[str, str], Shown] = {}
    for effect, args in wanted:
        newest.setdefault((effect.layer, effect.of), (effect, args))
    refused = any(layer == REFUSAL for layer, _ in newest)
    shown = [one for (layer, _), one in newest.items() if not (refused and layer == CHANGE)]
    return sorted(shown, key=lambda one: LAYERS.index(one[0].layer))


async def show(shown: Sequence[Shown], call: Call) -> Reply:
    """Do a call as effects want it."""
    if not shown:
        return await call.do()
    (effect, args), *inner = shown

    async def do(**changes: object) -> Reply:
        changed = partial(call.do, **changes)
        return await show(inner, msgspec.structs.replace(call, do=changed))

    return await effect.run(msgspec.structs.replace(call, do=do), args)
