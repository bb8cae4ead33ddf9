"""The runtime `process`: one OS process a service, real Toxiproxy, real PostgreSQL.

    runtime ──> plan ──> recovery.json   all that another process needs to heal and end the run
       │                      ↑
       └──> launch ───────────┘──> procs   what the kernel says of the run's processes
    attach ──> the same controls, built in another process from recovery.json alone

Linux only: processes are told apart by /proc.
"""

from harness.runtimes.attached import Attached
from harness.runtimes.process.attach import alive, attach, end_processes
from harness.runtimes.process.make import make, run
from harness.runtimes.process.plan import Parts
from harness.runtimes.process.runtime import ProcessRuntime

__all__ = [
    "CAPABILITIES",
    "DETERMINISTIC",
    "LACKS",
    "Attached",
    "Parts",
    "ProcessRuntime",
    "alive",
    "attach",
    "end_processes",
    "make",
    "run",
]

DETERMINISTIC = ProcessRuntime.deterministic
CAPABILITIES = ProcessRuntime.capabilities
LACKS = ProcessRuntime.lacks
