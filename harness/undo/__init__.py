"""Undoing faults whatever happens to the run: fault log, leases, watchdog, recovery."""
