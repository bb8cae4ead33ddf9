"""A run in real time and on real sockets as the engine has it: clocks, load, questions, controls.

What differs between processes and containers is how a target is started and ended.
"""

from __future__ import annotations

import asyncio
import importlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

from harness.clock import NS, Clock, RunClock, monotonic_ns
from harness.errors import RuntimeFailure
from harness.ports import Capability
from harness.procfs import identify
from harness.runtimes.real.attached import pick
from harness.runtimes.real.document import RunFolders
from harness.runtimes.real.loopback import PortBlock
from harness.runtimes.real.procs import STANDING, clean_env, marking, this_owner
from harness.runtimes.real.recovery import Check, RecoveryFile
from harness.runtimes.real.sites import RealSite
from harness.runtimes.real.sockets import TOKEN_HEADER, send
from harness.target import Answer, Request, Target, entry_service
from harness.workload import Load, LoadPlan, Sink

LOAD = "load"
LOAD_MODULE = "harness.load.locust_process"  # by name: load and runtimes are strangers
AHEAD_NS = 100_000_000  # chosen: the load has this long to take note of the zero


S = TypeVar("S", bound=RealSite)


class RealRuntime(ABC, Generic[S]):
    """A run in real time (`harness.ports.Runtime`).

    Two clocks: services count from `service_t0_ns`, fixed before they start; the run clock counts
    from the beginning of the load. Run clock = service clock - `service_offset_s`.

    Args:
        run_id: unique.
        seed: of the run.
        token: for the control routes of the stand-ins.
        folders: where the run keeps its things.
        python: interpreter for the load.
        check: whether a recovery file is one of this runtime.
        look: it is to stand without an owner, for people to look at.
    """

    name: str

    def __init__(
        self,
        run_id: str,
        seed: int,
        token: str,
        folders: RunFolders,
        python: str,
        check: Check,
        *,
        look: bool = False,
    ) -> None:
        """Nothing is started yet."""
        self.run_id = run_id
        self.seed = seed
        self.service_t0_ns = monotonic_ns()
        self._clock = RunClock(self.service_t0_ns)
        self.clock: Clock = self._clock
        self.service_offset_s = 0.0
        self._token = token
        self._folders = folders
        self._python = python
        self._recovery = RecoveryFile(folders, check)
        self._owner = STANDING if look else this_owner()
        self._block: PortBlock | None = None
        self._site: S | None = None
        self._made: Mapping[Capability, Any] = {}
        self._entry = ""

    async def start(self, target: Target, design: Mapping[str, Any]) -> None:
        """Start everything and wait until it is ready; on failure nothing is left.

        Raises:
            ConfigError: the entry of the target is no link.
            RuntimeFailure: a part is missing, a place taken, a program ended or not ready in time.
        """
        entry_service(target)
        self._entry = target.entry
        try:
            await self._start(target, design)
        except BaseExceptionGroup as group:
            await asyncio.shield(self.stop())
            raise group.exceptions[0] from None
        except BaseException:
            await asyncio.shield(self.stop())
            raise

    @abstractmethod
    async def _start(self, target: Target, design: Mapping[str, Any]) -> None:
        """Start everything."""

    @abstractmethod
    async def stop(self) -> list[str]:
        """End everything; may be called again.

        Returns:
            what could not be ended or removed; empty when clean.
        """

    @abstractmethod
    def _controls(self, site: S) -> Mapping[Capability, Any]:
        """One control for each capability."""

    async def leave(self) -> None:
        """Let go of what was started; it stands until somebody ends it by its recovery state."""
        await self._running().close()
        self._site = None
        self._release()

    def _release(self) -> None:
        if self._block is not None:
            self._block.release()
            self._block = None

    def capability(self, capability: Capability) -> Any:
        """The control for `capability`.

        Raises:
            UnsupportedFault: another one; says what there is.
        """
        self._made = self._made or self._controls(self._running())
        return pick(self.name, self._made, capability)

    async def begin_load(self, plan: LoadPlan, sink: Sink) -> Load:
        """Start the load on this machine; the run clock's zero is its first possible arrival."""
        state = self._running().recovery.read()
        load: Any = await importlib.import_module(LOAD_MODULE).start(
            plan,
            base_url=f"http://{state['links'][self._entry]['listen']}",
            sink=sink,
            clock_zero=self._set_zero,
            log_path=self._folders.log(LOAD),
            python=self._python,
            env={**clean_env(), **marking(state, LOAD)},
            process_group=state["group"],
        )
        if proc := identify(load.pid, LOAD):
            self._recovery.change(lambda state: state["processes"].append(vars(proc)))
        return cast(Load, load)

    def _set_zero(self) -> int:
        """Let the run clock begin a moment from now."""
        self._clock.t0_ns = monotonic_ns() + AHEAD_NS
        self.service_offset_s = (self._clock.t0_ns - self.service_t0_ns) / NS
        self._recovery.change(lambda state: state.update(clock_t0_ns=self._clock.t0_ns))
        return self._clock.t0_ns

    async def ask(self, service: str, request: Request) -> Answer:
        """The harness's own request, straight to the service, past every link.

        The token goes along to the control routes of stand-ins only, and to nobody else who
        listens at their addresses.
        """
        site = self._running()
        entry = site.service(service)
        control = entry["scripted"] and request.path.startswith("/_")
        if control:
            try:
                await site.prove(service)
            except RuntimeFailure:
                return Answer(None, error="refused")
        headers = {TOKEN_HEADER: self._token} if control else {}
        return await send(site.client, f"http://{entry['address']}", request, headers)

    def recovery_state(self) -> Mapping[str, Any]:
        """Plain data for `attach`, `end_processes` and `alive`, in any process."""
        return self._recovery.read()

    def _running(self) -> S:
        if self._site is None:
            raise RuntimeFailure(f"run {self.run_id} is not started, or was stopped")
        return self._site
