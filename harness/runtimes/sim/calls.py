"""The harness's own requests: answers, canaries and counts, as on sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping

import msgspec

from harness.clock import Clock
from harness.errors import TargetContractError
from harness.ports import Observation
from harness.runtimes.sim.host import Host
from harness.runtimes.sim.messages import JSON, Ask, Headers
from harness.runtimes.sim.network import Network
from harness.runtimes.sim.toxicity import Active
from harness.runtimes.sim.wire import Wire
from harness.target import BODY_MAX, Answer, LinkSpec, Request, ServiceSpec, Target, body_of

TOKEN_HEADER = b"x-harness-token"
CANARY_S = 2.0
COUNTS_S = 0.5  # chosen: counts are never waited for


class Talk:
    """Asks services of a run.

    Args:
        token: for the control routes of stand-ins.
    """

    def __init__(self, network: Network, target: Target, clock: Clock, token: str) -> None:
        """Remember them."""
        self.network = network
        self.clock = clock
        self._target = target
        self._token = token.encode()
        self._specs = {service.name: service for service in target.services}

    def spec(self, service: str) -> ServiceSpec:
        """What the target says of a service."""
        self.network.host(service)
        return self._specs[service]

    def path(self, link: str) -> str:
        """What a canary on a link asks for."""
        return next(spec.path for spec in self._target.links if spec.name == link)

    async def ask(
        self, to: Host | Wire, request: Request, extra: Headers = (), *, closes: bool = False
    ) -> Answer:
        """Send a request; what went wrong on the way is in the answer, never an exception.

        Args:
            closes: on a connection that ends with the reply.
        """
        ask = _encoded(request, extra, closes)
        try:
            reply = await self.network.send(to, ask, request.timeout_s)
        except ConnectionRefusedError:
            return Answer(None, error="refused")
        except TimeoutError:
            return Answer(None, error="timeout")
        except OSError:
            return Answer(None, error="reset")
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in reply.headers}
        return Answer(reply.status, _document(reply.body, ours=bool(extra)), headers=headers)

    async def own(self, service: str, request: Request) -> Answer:
        """Past every link; the token goes along to the control routes of stand-ins only."""
        token = self._token_for(service, request)
        return await self.ask(self.network.host(service), request, token)

    async def read(self, service: str, request: Request) -> Answer:
        """As `own`, without a time-out and a task: while nothing else happens."""
        token = self._token_for(service, request)
        reply = await self.network.host(service).read(_encoded(request, token, closes=False))
        if reply is None:
            return Answer(None, error="refused")
        return Answer(reply.status, _document(reply.body, ours=bool(token)))

    def _token_for(self, service: str, request: Request) -> Headers:
        control = self.spec(service).scripted and request.path.startswith("/_")
        return ((TOKEN_HEADER, self._token),) if control else ()

    async def canary(self, to: Host | Wire, path: str = "/livez") -> tuple[str, float]:
        """One harmless request.

        Returns:
            ok, refused (no connection), no_reply (cut or silent) or error (it answered, but not
            well); and how many seconds it took.
        """
        begun_s = self.clock.now_s()
        host = to.callee if isinstance(to, Wire) else to
        if isinstance(to, Wire) and not self.spec(host.name).is_database:
            to.taken -= 1  # it counts those of others
        if self.spec(host.name).is_database:
            error = await self._command(to)
        else:
            answer = await self.ask(to, Request("GET", path, timeout_s=CANARY_S))
            error = answer.error or ("" if answer.status == 200 else "error")
        seen = {"": "ok", "refused": "refused", "error": "error"}.get(error, "no_reply")
        return seen, round(self.clock.now_s() - begun_s, 6)

    async def _command(self, to: Host | Wire) -> str:
        """A command to the database and its answer."""
        try:
            async with asyncio.timeout(CANARY_S):
                if isinstance(to, Host):
                    if not to.state:
                        return "refused"
                    await to.moving()
                    return ""
                to.refuse()
                for stream in ("upstream", "downstream"):
                    outcome: asyncio.Future[None] = self.network.loop.create_future()
                    to.trip(stream, outcome, Active.hits)
                    await outcome
        except ConnectionRefusedError:
            return "refused"
        except OSError:
            return "no_reply"
        return ""

    async def counts(self, link: str) -> Mapping[str, int]:
        """`attempted`, `failed` and `reached` of a link, as the target reads them off both ends.

        Raises:
            TargetContractError: an end answered with something that the target cannot read.
        """
        spec = next(spec for spec in self._target.links if spec.name == link)
        taken = self.network.wires[link].taken  # now: an end that hangs may answer later
        caller = await self._text(spec.caller, metrics=True)
        callee = await self._text(spec.callee, metrics=False)
        counted = self._counted(spec, caller, callee)
        return {**counted, "connections": taken}

    async def traffic(self, service: str) -> Mapping[str, int]:
        """What is counted on every link to a service, each apart: `attempted lending->risk`."""
        links = [spec.name for spec in self._target.links if spec.callee == service]
        return {
            f"{name} {link}": number
            for link in links
            for name, number in (await self.counts(link)).items()
        }

    def _counted(self, spec: LinkSpec, caller: str, callee: str) -> Mapping[str, int]:
        try:
            return self._target.counts(spec, caller, msgspec.json.decode(callee or "{}"))
        except (ValueError, KeyError, RecursionError) as error:
            raise TargetContractError(f"counts of {spec.name} cannot be read: {error!r}") from error

    async def _text(self, service: str, *, metrics: bool) -> str:
        spec = self._specs.get(service)
        if spec is None or spec.is_database:
            return ""
        if spec.scripted:
            ask = Ask("GET", "/_counts", ((TOKEN_HEADER, self._token),))
        elif metrics:
            ask = Ask("GET", "/metrics")
        else:
            return ""
        try:
            reply = await self.network.send(self.network.host(service), ask, COUNTS_S)
        except OSError:
            return ""
        return reply.body.decode() if reply.status == 200 else ""

    async def observed(
        self,
        to: Host | Wire,
        path: str,
        counting: Awaitable[Mapping[str, int]],
        state: Mapping[str, object],
    ) -> Observation:
        """A canary now; counts are read beside it, so that none waits for the other."""
        (result, latency_s), counts = await asyncio.gather(self.canary(to, path), counting)
        return Observation(self.clock.now_s(), result, latency_s, counts, state)


def _encoded(request: Request, extra: Headers, closes: bool) -> Ask:
    if request.body is None and request.text is None and not request.headers:
        return Ask(request.method, request.path, extra, closes=closes)
    headers = tuple((k.lower().encode(), v.encode()) for k, v in request.headers.items())
    if request.text is not None:
        text = request.text.encode()
        return Ask(request.method, request.path, (*headers, *extra), text, closes)
    if request.body is None:
        return Ask(request.method, request.path, (*headers, *extra), closes=closes)
    body = msgspec.json.encode(request.body)
    return Ask(request.method, request.path, (*JSON, *headers, *extra), body, closes)


def _document(body: bytes, *, ours: bool) -> Mapping[str, object]:
    """Of a control route of ours, a ledger, all of it."""
    if not ours and len(body) > BODY_MAX:
        return {}
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return body_of(document)
