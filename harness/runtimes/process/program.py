"""Starts a service: `python -P program.py MODULE [FOLDER ...]`.

With -P the working folder is not searched for modules, so that nothing in it takes the place of
what is installed. FOLDERs are, last: there a target that is a file has its own.
"""

from __future__ import annotations

import runpy
import sys

if __name__ == "__main__":
    sys.path.extend(folder for folder in sys.argv[2:] if folder not in sys.path)
    del sys.argv[2:], sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
