"""How each operation is served while each dependency is broken in each way: declared and observed.

conditions ──> an experiment a dependency and condition ──> runs ──> modes that users saw
                                                                        │
degradation that the target declares ───────────────────────────────────┴─> cell by cell
"""
