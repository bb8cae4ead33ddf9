"""What a runtime can do, what a fault is, what a target promises: the seams of the engine.

    experiment ──> nemesis ──> Fault ──> capability (LinkControl, ...) ──> runtime
                                 │
                                 └── UndoRecord (plain data) ──> faultlog ──> whoever must heal

What a fault does is taken down as acts (`harness.acts`) and written down with the healthy state of
the place before anything is done. Healing needs the record and the capability, never the fault:
another process can do it. Faults at one place compose: an undo takes away its own acts alone, and
what the last one leaves is the healthy state, never what stood there before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from harness.clock import Clock
from harness.evidence import Exit as Exit
from harness.evidence import Observation as Observation  # with the ports: faults need both
from harness.evidence import Proof as Proof
from harness.evidence import Seen as Seen
from harness.json_types import JsonDict, JsonObject
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
    PEOPLE = "people"


Act = Sequence[Any]
"""One thing done to a place, plain JSON data: name of a method of the control, its arguments."""


@dataclass(frozen=True)
class UndoRecord:
    """Enough for any process to heal one fault.

    Args:
        capability: whose `undo` takes it.
        where: link or service.
        restore: the healthy state of the place in this run, plain JSON data.
        acts: what the fault does there, in order.
    """

    capability: Capability
    where: str
    restore: JsonObject
    acts: Sequence[Act] = ()

    def as_data(self) -> JsonDict:
        """Plain JSON data."""
        return asdict(self)


ENDING = frozenset({"kill", "stop", "lose_primary"})
"""Acts after which nobody runs at a place until the undo."""
HOLDING = frozenset({"pause"})
"""Acts after which a process is stopped until the undo."""


def arguments(records: Iterable[UndoRecord], name: str) -> list[Any]:
    """The last argument of every act with this name."""
    return [act[-1] for record in records for act in record.acts if act[0] == name]


def names(record: UndoRecord) -> frozenset[str]:
    """What the acts of a record are called."""
    return frozenset(act[0] for act in record.acts)


def held(others: Iterable[UndoRecord]) -> bool:
    """Whether another fault wants the process gone or stopped."""
    return any(names(other) & (ENDING | HOLDING) for other in others)


class Control(Protocol):
    """What every capability can do, so that the engine needs to know no kind of fault."""

    async def healthy(self, where: str) -> JsonObject:
        """The state of the place while nothing is broken, known from the start of the run; plain
        JSON data."""

    async def observe(self, where: str) -> Observation:
        """Look, with a canary; changes nothing."""

    async def undo(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> None:
        """Take away what the record's acts did; idempotent; bounded in time.

        Args:
            others: of faults that are active at the same place: what they did stays. With none,
                the place goes back to its healthy state.
        """

    async def undone(self, record: UndoRecord, others: Sequence[UndoRecord] = ()) -> bool:
        """Read back from the mechanism: whether nothing of the record is left. Whether a canary
        passes again is the service's affair, and is looked at apart."""


@dataclass(frozen=True)
class Toxic:
    """One toxic of Toxiproxy.

    Args:
        type: latency, timeout, reset_peer, ...
        stream: upstream (requests) or downstream (replies).
        toxicity: share of connections, 0..1.
        attributes: integers, as Toxiproxy names them.
        of: the injection that it belongs to, so that two of a type can be there at once.
    """

    type: str
    stream: str
    attributes: Mapping[str, int]
    toxicity: float = 1.0
    of: str = ""

    @property
    def name(self) -> str:
        """Unique within the proxy."""
        return f"{self.type}_{self.stream}" + (f"@{self.of}" if self.of else "")


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


class PeopleControl(Control, Protocol):
    """Power over people who are on call."""

    async def hold_up(self, person: str, after_s: float) -> None:
        """Let somebody answer so late; 0: not at all."""


class UpstreamScript(Control, Protocol):
    """Power over what stand-ins answer."""

    async def script(self, service: str, rules: Sequence[JsonObject]) -> None:
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
        """Do the harm, by awaiting methods of the control and nothing else: in a run they are taken
        down first, and done once the record is on disk."""

    def proof(self, seen: Seen) -> Proof:
        """Whether it bit, from what was observed."""


@runtime_checkable
class NoticesExits(Protocol):
    """A runtime whose programs can die of themselves."""

    def unasked_exits(self) -> Sequence[Exit]:
        """Those that did since the last time this was asked."""


class Runtime(Protocol):
    """One run of a target; `RuntimeKind.make` makes it.

    `clock` is the run clock (zero: the load begins); what services call `t_s` is
    `service_offset_s` ahead of it. `name` is that of its kind.
    """

    name: str
    clock: Clock
    service_offset_s: float

    async def start(self, target: Target, design: JsonObject) -> None:
        """Start everything and wait until it is ready."""

    async def stop(self, *, at_once: bool = False) -> list[str]:
        """End everything.

        Args:
            at_once: no program is asked and waited for: a fault that it carries ends with it.

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

    def recovery_state(self) -> JsonObject:
        """Plain data for another process: to rebuild the controls and to end what was started."""
