"""The runtime `sim`: services in process, links as a model, time that jumps.

    loop ── clock          virtual time, an order drawn from the seed
    host ── asgi           a service: called as ASGI, killed, stopped
    wire ── toxicity       a link: every toxic, message by message
    network ── handing     addresses; what a service is handed
    talk ── controls       what the harness asks, and its powers
    replication            power over a database with a standby
    load, runtime          a run; the same experiments as on real parts
    scenario ── modes      one journey and a few faults, thousands a second

It has no `attach`: what runs here ends with this process, and nobody else can or must heal it.
"""

from harness.runtimes.sim.make import make, run
from harness.runtimes.sim.runtime import SimRuntime

__all__ = ["CAPABILITIES", "DETERMINISTIC", "LACKS", "SimRuntime", "make", "run"]

DETERMINISTIC = SimRuntime.deterministic
CAPABILITIES = SimRuntime.capabilities
LACKS = SimRuntime.lacks
