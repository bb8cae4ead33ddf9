"""A working folder of somebody whose own modules have the names of ours and of our parts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HARNESS = Path(sys.executable).with_name("harness")
PACKAGES = ("chaos", "harness", "tests", "lending_service", "mock_services", "locust")
MODULES = ("aiohttp", "random", "typing", "json", "uvicorn", "locustfile", "driver")


def fill(folder: Path) -> None:
    """Modules that nobody may import, and settings that Locust would take."""
    files = [folder / name / "__init__.py" for name in PACKAGES]
    files += [folder / f"{name}.py" for name in MODULES]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"raise SystemExit('imported: {file.name} of the working folder')\n")
    (folder / "locust.conf").write_text("users = nonsense\n")


def harness(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    """The installed command, started there."""
    return subprocess.run(
        [HARNESS, *argv], cwd=folder, capture_output=True, text=True, check=False, timeout=170
    )
