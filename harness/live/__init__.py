"""A run while it goes on: numbers for a terminal, and the page of the report on loopback.

    runner ──events──> meter ──> terminal, heartbeat             in the process of the run
        └── history.jsonl ──> child: so_far ──> page ──SSE──> browser
                                        └── verdicts so far ──> terminal

Judging costs time that a run must not lose: it is done by another process, at the lowest
priority, from the file as it grows.
"""
