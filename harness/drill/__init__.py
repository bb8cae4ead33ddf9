"""A disaster-recovery drill: a pack of experiments in one direction, and the evidence of it.

pack ──> runs, one after the other ──> measurements ──> summary ──> manifest of hashes
"""
