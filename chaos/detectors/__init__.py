"""Detectors of early warning, one a file."""
