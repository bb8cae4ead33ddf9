"""What runtimes on real sockets share: a run in real time, Toxiproxy, and how it is taken hold of.

    runtime ──> sites ──> links ──> toxiproxy      document, recovery: what is on record of it
    attached ──┘  └─> upstreams, counting, sockets   procs, loopback: what the kernel says
    throttle                                         a program of its own: cpu_limit

No runtime itself: it has no `RUNTIME`.
"""
