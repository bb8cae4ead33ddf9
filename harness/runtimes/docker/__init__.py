"""The runtime `docker`: one container a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       └──> engine ──> containers, network, volume, each with the run's label
    attach ──> the same controls, built in another process from recovery.json alone

Only what carries the run's label is ever touched.
"""

from harness.runtimes.attached import Attached
from harness.runtimes.docker.attach import alive, attach, end_processes
from harness.runtimes.docker.images import Images
from harness.runtimes.docker.make import make, run
from harness.runtimes.docker.runtime import DockerRuntime

__all__ = [
    "CAPABILITIES",
    "LACKS",
    "Attached",
    "DockerRuntime",
    "Images",
    "alive",
    "attach",
    "end_processes",
    "make",
    "run",
]

CAPABILITIES = DockerRuntime.capabilities
LACKS = DockerRuntime.lacks
