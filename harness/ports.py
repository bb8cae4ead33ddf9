"""What a runtime can do, what a fault is, what a target promises: the seams of the engine.

    experiment ──> nemesis ──> Fault ──> capability (LinkControl, ...) ──> runtime
                                 │
                                 └── UndoRecord (plain data) ──> faultlog ──> whoever must heal

The undo record is the control's snapshot of the place, on disk before `inject` is called. Healing
needs the record and the capability, never the fault: another process can do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from harness.clock import Clock
from harness.model import BlastRadius
from harness.target import Answer, Request, Target
from harness.workload import Load, LoadPlan, Sink


class Capability(StrEnum):
    """A kind of power that a runtime may have."""

    LINKS = "links"
    PROCESSES = "processes"
    UPSTREAMS = "upstreams"
    LIFECYCLE = "lifecycle"
    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    NETWORK = "network"
    REPLICATION = "replication"


@dataclass(frozen=True)
class UndoRecord:
    """Enough for any process to heal one fault.

    Args:
        capability: whose `undo` takes it.
        where: link or service.
        restore: the state to go back to, plain JSON data, as the capability's snapshot gave it.
    """

    capability: Capability
    where: str
    restore: Mapping[str, Any]

    def as_data(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)


@dataclass(frozen=True)
class Observation:
    """What could be seen at one link, process or stand-in at one moment.

    Args:
        t_s: run clock.
        canary: ok, refused, no_reply or error: what a harmless request there got.
        latency_s: how long the canary took.
        counts: `attempted` calls by the caller, `reached` calls at the callee, `failed` attempts,
            and more.
        state: what the capability knows: pid, process state, toxics, rule hits.
    """

    t_s: float
    canary: str
    latency_s: float
    counts: Mapping[str, int] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)

    def since(self, earlier: Observation, name: str) -> int:
        """How much the count `name` rose since `earlier`."""
        return self.counts.get(name, 0) - earlier.counts.get(name, 0)


@dataclass(frozen=True)
class Seen:
    """A fault as it was observed: before, right after the injection, right before and after
    healing."""

    before: Observation
    early: Observation
    late: Observation
    after: Observation

    def during(self, name: str) -> int:
        """How much the count `name` rose while the fault was active."""
        return self.late.since(self.before, name)


@dataclass(frozen=True)
class Proof:
    """Whether a fault bit, and the numbers that show it."""

    proven: bool
    why: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


class Control(Protocol):
    """What every capability can do, so that the engine needs to know no kind of fault."""

    async def snapshot(self, where: str) -> Mapping[str, Any]:
        """The state to go back to, plain JSON data."""

    async def observe(self, where: str) -> Observation:
        """Look, with a canary; changes nothing."""

    async def undo(self, record: UndoRecord) -> None:
        """Go back to the recorded state; idempotent; bounded in time."""

    async def undone(self, record: UndoRecord) -> bool:
        """Read back: whether the state is the recorded one and a canary passes."""


@dataclass(frozen=True)
class Toxic:
    """One toxic of Toxiproxy.

    Args:
        type: latency, timeout, reset_peer, ...
        stream: upstream (requests) or downstream (replies).
        toxicity: share of connections, 0..1.
        attributes: integers, as Toxiproxy names them.
    """

    type: str
    stream: str
    attributes: Mapping[str, int]
    toxicity: float = 1.0

    @property
    def name(self) -> str:
        """Unique within the proxy."""
        return f"{self.type}_{self.stream}"


class LinkControl(Control, Protocol):
    """Power over links (Toxiproxy proxies or a model of them)."""

    async def add_toxic(self, link: str, toxic: Toxic) -> None:
        """Add it and compare the echo."""

    async def set_enabled(self, link: str, enabled: bool) -> None:
        """Refuse new connections and cut the live ones, or accept again."""


class ProcessControl(Control, Protocol):
    """Power over the services of the run."""

    async def kill(self, service: str) -> None:
        """End it at once, without a chance to clean up."""

    async def pause(self, service: str) -> None:
        """Stop it where it stands; sockets stay open."""


class LifecycleControl(Control, Protocol):
    """Power to end and start services in good order, as an operator would."""

    async def stop(self, service: str) -> None:
        """Ask it to end, wait until it has."""

    async def restart(self, service: str) -> None:
        """Stop it and start it at once."""


class CpuControl(Control, Protocol):
    """Power over how much of the processor services get."""

    async def limit_cpu(self, service: str, cores: float) -> None:
        """Let it have so many cores and no more; what it wants beyond has to wait."""


class MemoryControl(Control, Protocol):
    """Power over how much memory services may have."""

    async def limit_memory(self, service: str, limit_bytes: int) -> None:
        """Let it have so much and no swap; the kernel kills what needs more."""


class DiskControl(Control, Protocol):
    """Power over the volumes of services."""

    async def fill_disk(self, service: str) -> None:
        """Leave no byte free on its volume."""


class NetworkControl(Control, Protocol):
    """Power over who is on the network of the run."""

    async def disconnect(self, service: str) -> None:
        """Take it off; it goes on running."""


class ReplicationControl(Control, Protocol):
    """Power over databases that have a standby."""

    async def set_lag(self, service: str, lag_s: float, stage: str) -> None:
        """Let the standby `receive`, or `apply`, what is written so much later."""

    async def demote(self, service: str) -> None:
        """Make the primary read-only and leave it alive; the standby takes over in good order."""

    async def lose_primary(self, service: str, lag_s: float) -> None:
        """Let the standby fall behind; so much later (unless healed) the primary is gone."""

    async def split(self, service: str) -> None:
        """Make the standby a primary while callers go on with the old one."""


class UpstreamScript(Control, Protocol):
    """Power over what stand-ins answer."""

    async def script(self, service: str, rules: Sequence[Mapping[str, Any]]) -> None:
        """Add rules in front of those that are set."""


Capabilities = Mapping[Capability, Any]


class Fault(Protocol):
    """One kind of harm: a validated, frozen value. One module of chaos.faults each."""

    kind: ClassVar[str]
    capability: ClassVar[Capability]

    @property
    def where(self) -> str:
        """The link or service it touches."""

    @property
    def blast(self) -> BlastRadius:
        """What it may touch."""

    async def inject(self, control: Any) -> None:
        """Do the harm. Only faultlog calls this, after the undo record is on disk."""

    def proof(self, seen: Seen) -> Proof:
        """Whether it bit, from what was observed."""


class Runtime(Protocol):
    """One run of a target; `RuntimeKind.make` makes it.

    `clock` is the run clock (zero: the load begins); what services call `t_s` is
    `service_offset_s` ahead of it. `name` is that of its kind.
    """

    name: str
    clock: Clock
    service_offset_s: float

    async def start(self, target: Target, design: Mapping[str, Any]) -> None:
        """Start everything and wait until it is ready."""

    async def stop(self) -> list[str]:
        """End everything.

        Returns:
            what could not be ended or removed; empty when clean.
        """

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: this runtime has none; says what it has.
        """

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """Start the load; the run clock's zero is its first possible arrival."""

    async def ask(self, service: str, request: Request) -> Answer:
        """The harness's own request, straight to the service, past every link."""

    def recovery_state(self) -> Mapping[str, Any]:
        """Plain data for another process: to rebuild the controls and to end what was started."""
