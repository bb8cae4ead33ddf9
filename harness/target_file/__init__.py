"""A target written as one YAML file: somebody else's service, without a line of Python.

target.yaml ──document──> programs, links (out of the holes), operations, journeys, promises
            ──build─────> a `harness.target.Target`, as the engine knows every other
"""

from __future__ import annotations

from harness.target_file.build import load

__all__ = ["load"]
