"""What each fault must do on every runtime: injected, seen by borrowers and callee, undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from chaos.faults.bandwidth import Bandwidth
from chaos.faults.cpu_limit import CpuLimit
from chaos.faults.crash import Crash
from chaos.faults.down import Down
from chaos.faults.latency import Latency
from chaos.faults.limit_data import LimitData
from chaos.faults.pause import Pause
from chaos.faults.reply_lost import ReplyLost
from chaos.faults.reset_peer import ResetPeer
from chaos.faults.restart import Restart
from chaos.faults.slicer import Slicer
from chaos.faults.stop import Stop
from chaos.faults.timeout import Timeout
from harness.clock import NS
from harness.ports import Fault, Runtime, UndoRecord
from harness.runtime_registry import load_runtime
from harness.workload import LoadPlan
from tests.conformance.one_link import LINK, SERVICE

HERE = "tests.conformance.one_link"
DELAY_S, SLACK_S = 0.3, 0.15  # a busy machine may add this much
PLAN = LoadPlan(HERE, 5, 15.0, {HERE: 1}, 1.0, 1.5)
BUSY = replace(PLAN, arrivals_per_s=150.0)  # takes a tenth of a core
THIN_S = 0.1
HELD_S = 0.1  # chosen: a service that has the processor to itself answers within 0.01 s
# Who is gone or stands still cannot be asked; what it does once it is woken is not of the time.
ABSENT = ("crash", "pause", "stop", "restart", "cpu_limit")


@dataclass(frozen=True)
class Seen:
    """What a second of load saw.

    Args:
        ended: how operations ended -> how many; ok, or the error.
        latency_s: median.
        reached: how many calls the callee counted.
    """

    ended: Mapping[str, int]
    latency_s: float
    reached: int

    @property
    def sent(self) -> int:
        """Operations."""
        return sum(self.ended.values())

    def all_are(self, *kinds: str) -> bool:
        """Whether nothing else happened, and something did."""
        return self.sent > 0 and set(self.ended) <= set(kinds)


@dataclass(frozen=True)
class Effect:
    """A fault and what must be seen of it."""

    fault: Fault
    holds: Callable[[Seen], bool]
    stated: str
    plan: LoadPlan = PLAN

    @property
    def name(self) -> str:
        """For the list of tests."""
        stream = getattr(self.fault, "stream", "")
        return f"{self.fault.kind}_{stream}" if stream else self.fault.kind


EFFECTS = (
    Effect(
        Latency.model_validate({"link": LINK, "delay": f"{DELAY_S}s"}),
        lambda s: s.all_are("ok") and DELAY_S <= s.latency_s <= DELAY_S + SLACK_S,
        "all ok, each 0.30 to 0.45 s late",
    ),
    Effect(
        Timeout(link=LINK, stream="downstream"),
        lambda s: s.all_are("reset") and s.reached == s.sent,
        "no answer, and every call was done; the callee's close goes through",
    ),
    Effect(
        Timeout(link=LINK, stream="upstream"),
        lambda s: s.all_are("timeout") and s.reached == 0,
        "no answer, and no call arrived",
    ),
    Effect(
        LimitData(link=LINK, bytes=20),
        lambda s: s.all_are("reset", "protocol") and s.reached == s.sent,
        "an answer that is cut off, and every call was done",
    ),
    Effect(
        Bandwidth(link=LINK, rate=1),
        lambda s: s.all_are("ok") and s.latency_s >= THIN_S,
        "all ok, 0.1 s late at the least: an answer has more than 100 bytes",
    ),
    Effect(
        Slicer.model_validate({"link": LINK, "average_size": 20, "delay": "20ms"}),
        lambda s: s.all_are("ok") and s.latency_s >= THIN_S,
        "all ok, 0.1 s late at the least: five pieces or more",
    ),
    Effect(
        ResetPeer(link=LINK, stream="downstream"),
        lambda s: s.all_are("reset") and s.reached == s.sent,
        "a reset, and every call was done",
    ),
    Effect(
        ResetPeer(link=LINK, stream="upstream"),
        lambda s: s.all_are("reset") and s.reached == 0,
        "a reset, and no call arrived",
    ),
    Effect(
        Down(link=LINK),
        lambda s: s.all_are("refused") and s.reached == 0,
        "refused, and no call arrived",
    ),
    Effect(
        Crash(service=SERVICE),
        lambda s: s.all_are("reset") and s.reached == 0,
        "the proxy takes the connection and closes it; no call arrives",
    ),
    Effect(
        Pause(service=SERVICE),
        lambda s: s.all_are("timeout") and s.reached == 0,
        "no answer, and nothing is done meanwhile",
    ),
    Effect(
        Stop(service=SERVICE),
        lambda s: s.all_are("reset") and s.reached == 0,
        "the proxy takes the connection and closes it; no call arrives",
    ),
    Effect(
        Restart(service=SERVICE),
        lambda s: s.all_are("ok", "reset", "timeout") and s.ended["ok"] > 0,
        "a gap at the most, and others are answered without any undo",
    ),
    Effect(
        CpuLimit(service=SERVICE, cores=0.01),
        lambda s: s.all_are("ok", "timeout") and s.latency_s >= HELD_S,
        "most wait for 0.1 s at the least, or give up",
        BUSY,
    ),
    Effect(
        ReplyLost(service=SERVICE, op="limit"),
        lambda s: s.all_are("reset") and s.reached == s.sent,
        "the connection closes, and every call was done",
    ),
)


def effects_on(runtime: type[Runtime]) -> list[Effect]:
    """Those whose faults a runtime has the power for; it refuses the others by name."""
    powers = load_runtime(runtime.name).capabilities
    return [effect for effect in EFFECTS if effect.fault.capability in powers]


async def under(runtime: Runtime, effect: Effect) -> Seen:
    """Inject, load for a second, undo and prove it."""
    fault = effect.fault
    control = runtime.capability(fault.capability)
    record = UndoRecord(fault.capability, fault.where, await control.healthy(fault.where))
    before = await reached(runtime)
    await fault.inject(control)
    ended, latencies = await load(runtime, effect.plan)
    done = 0 if fault.kind in ABSENT else await reached(runtime) - before
    await control.undo(record)
    assert await control.undone(record), f"{effect.name}: not undone"
    await ready(runtime, control, fault.where)
    return Seen(ended, median(latencies or [0.0]), done)


async def ready(runtime: Runtime, control: Any, where: str) -> None:
    """Until it answers: a process that was started again takes its time."""
    for _ in range(400):
        if (await control.observe(where)).canary == "ok":
            return
        await runtime.clock.sleep(0.05)
    raise AssertionError(f"{where} does not answer")


async def load(runtime: Runtime, plan: LoadPlan = PLAN) -> tuple[Counter[str], list[float]]:
    """A second of borrowers: how their operations ended, and how long they took."""
    begun: dict[str, int] = {}
    ended: Counter[str] = Counter()
    latencies: list[float] = []

    def sink(event: Mapping[str, Any]) -> None:
        if event["type"] == "invoke":
            begun[event["p"]] = event["t"]
        else:
            ended[event["err"] or "ok"] += 1
            latencies.append((event["t"] - begun[event["p"]]) / NS)

    await (await runtime.begin_load(plan, sink)).wait()
    return ended, latencies


async def reached(runtime: Runtime) -> int:
    """What the callee counted so far."""
    seen = await runtime.capability(_links()).observe(LINK)
    return int(seen.counts.get("reached", 0))


def _links() -> Any:
    return Down(link=LINK).capability
