"""Measurements: printed, never asserted; run by `make bench`."""
