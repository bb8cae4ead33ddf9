"""What another user of the machine can do to a run by its ports. Used by bench/attacks.py."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping

from bench.victims import Victim

NOBODY = 65_534
CONNECTIONS = 300  # to each port, held until the end
AS_NOBODY = f"""
import encodings.idna, os, resource, socket, sys, time
os.setgroups([])
os.setgid({NOBODY})
os.setuid({NOBODY})
"""
FORGE = """
posts, way = sys.argv[2:], sys.argv[1].encode()
for post in posts:
    host, _, port = post.rpartition(":")
    for number in range(5):
        body = way.replace(b"NUMBER", str(number).encode())
        head = b"POST /v1/payouts HTTP/1.1\\r\\nHost: x\\r\\n"
        head += b"Content-Length: %d\\r\\n\\r\\n" % len(body)
        try:
            with socket.create_connection((host, int(port)), 5) as one:
                one.sendall(head + body)
                if one.recv(12).endswith(b"200"):
                    print(post)
        except OSError:
            pass
"""
FLOOD = """
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = []
for post in sys.argv[2:]:
    host, _, port = post.rpartition(":")
    for _ in range(int(sys.argv[1])):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex((host, int(port)))
        held.append(one)
print("flooded", flush=True)
time.sleep(60)
"""


def forged(victim: Victim) -> None:
    """He posts payouts to every stand-in, straight and by its link: no finding comes of it."""
    payout = {"request_id": "forged-NUMBER", "reference": "loan-NUMBER", "amount_minor": 600_000}
    body = json.dumps({**payout, "currency": "CNY", "payee": "b-0001"})
    taken = subprocess.check_output(
        [sys.executable, "-I", "-c", AS_NOBODY + FORGE, body, *_ports(victim).values()],
        text=True,
    )
    if victim.system.runtime == "process":  # in containers nobody sees whose a connection is
        victim.outcome.touched += [f"{port} took a payout" for port in set(taken.split())]
    victim.goes_on, victim.expected = True, (0, 3)


def flooded(victim: Victim) -> None:
    """He holds hundreds of connections to each port of the run, and the harness is killed."""
    asked = [str(CONNECTIONS), *_ports(victim).values(), victim.state["api"]]
    flood = subprocess.Popen(
        [sys.executable, "-I", "-c", AS_NOBODY + FLOOD, *asked],
        stdout=subprocess.PIPE,
    )
    victim.stack.callback(flood.wait)
    victim.stack.callback(flood.kill)
    assert flood.stdout is not None
    flood.stdout.readline()
    flood.stdout.close()
    victim.kill()


def _ports(victim: Victim) -> Mapping[str, str]:
    """Of what the service under test calls: a run has no say in who asks the service itself."""
    services, links = victim.state["services"], victim.state["links"]
    ends = [name.partition("->")[::2] for name in links]
    asked = {callee for caller, callee in ends if caller not in services}
    ports = {name: one["address"] for name, one in services.items() if name not in asked}
    others = [name for name, (_, callee) in zip(links, ends, strict=True) if callee not in asked]
    return ports | {name: links[name]["listen"] for name in others}


STRANGERS: dict[str, Callable[[Victim], None]] = {one.__name__: one for one in (forged, flooded)}
ON = {"forged": "process"}
"""What has a system of its own: stand-ins with a ledger."""
