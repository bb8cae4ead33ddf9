"""A tiny world: a journey of three calls, each tried twice, with violating sets that are known."""

from __future__ import annotations

from collections.abc import Mapping

from harness.explore.plans import Broken, CallPoint, Fault, Plan, Seen

MODES = ("lost", "refused")
STEPS = ("a", "b", "c")


class TinyWorld:
    """Calls a, b and c in turn; one that fails is tried once more over the same edge.

    Args:
        violating: invariant -> sets of faults that break it.
        merging: whether calls tell a state, so that worlds which recovered are one.
    """

    def __init__(
        self, violating: Mapping[str, list[frozenset[Fault]]], *, merging: bool = False
    ) -> None:
        self.violating = violating
        self.merging = merging
        self.runs: list[Plan] = []

    def run(self, plan: Plan, *, leaf: bool = False) -> Seen:
        """Make the calls."""
        self.runs.append(plan)
        at = dict(plan)
        calls: list[CallPoint] = []
        behaviour = ""
        for step in STEPS:
            for n in (1, 2):
                point = f"{step}#{n}"
                state = f"{step}{n}" if self.merging else ""
                calls.append(CallPoint(point, f"do {step}", MODES, state=state))
                behaviour += point
                if point not in at:
                    break
        made = {Fault(m.point, at[m.point]) for m in calls if m.point in at}
        broken = tuple(
            Broken(name, f"{name} broke", 1.0)
            for name, sets in self.violating.items()
            if any(one <= made for one in sets)
        )
        return Seen(tuple(calls), broken, behaviour)


def faults(*words: str) -> frozenset[Fault]:
    """`faults("a#1 lost", "b#1 lost")`."""
    return frozenset(Fault(*word.split()) for word in words)


class InProcess:
    """Runs plans one after the other."""

    def __init__(self, world: TinyWorld) -> None:
        self.world = world

    def __call__(self, plans, *, leaf):  # type: ignore[no-untyped-def] # a fake of one line
        """Run them."""
        for plan in plans:
            yield plan, self.world.run(plan, leaf=leaf)
