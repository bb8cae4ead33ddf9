"""Planted defects: the reference service with one defence removed, to show that harm is seen.

Loaded by `harness self-test` alone, each by its path.
"""
