"""The network of the simulation for services that call others with httpx."""

from __future__ import annotations

import httpx

from harness.runtimes.sim.host import Home
from harness.runtimes.sim.messages import Ask
from harness.runtimes.sim.network import Network

WAIT_S = 5.0  # httpx's own default


class SimTransport(httpx.AsyncBaseTransport):
    """Carries requests in process; errors are those that httpx has on sockets.

    Args:
        home: whose requests; a dead one's stay there.
    """

    def __init__(self, network: Network, home: Home) -> None:
        self._network = network
        self._home = home

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            httpx.ConnectError: nothing was sent.
            httpx.ReadTimeout, httpx.ReadError: perhaps it was, and no whole reply came.
        """
        if not self._home.alive:
            raise httpx.ConnectError("the caller is gone", request=request)
        headers = tuple((name.lower(), value) for name, value in request.headers.raw)
        ask = Ask(request.method, request.url.raw_path.decode(), headers, await request.aread())
        limits = request.extensions.get("timeout", {})
        timeout_s = limits.get("read") or WAIT_S
        try:
            end = self._network.end(request.url.host, request.url.port or 80)
            reply = await self._network.send(end, ask, timeout_s)
        except ConnectionRefusedError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except OSError as error:
            raise httpx.ReadError(str(error), request=request) from error
        return httpx.Response(reply.status, headers=list(reply.headers), content=reply.body)
