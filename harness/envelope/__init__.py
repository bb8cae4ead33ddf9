"""How far one experiment can be taken before the design degrades, and before it breaks.

knob ──> values ──> an experiment and a design each ──> runs ──> full, degraded, broken
           ^                                                         │
           └────────────── between two that differ, by bisection ────┘
"""
