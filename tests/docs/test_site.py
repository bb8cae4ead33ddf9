"""The documentation as a site: every link leads somewhere, every page is in the navigation."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    """A link to a page or a heading that is not there would be one."""
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    builder = Path(sys.executable).with_name("zensical")
    built = subprocess.run(
        [builder, "build", "--strict"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert (tmp_path / "site/troubleshooting/index.html").is_file()


def test_every_page_is_in_the_navigation() -> None:
    """What the navigation lacks, nobody finds."""
    site = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))
    named = [page for part in site["project"]["nav"] for pages in part.values() for page in pages]
    assert sorted(named) == sorted(page.name for page in (ROOT / "docs").glob("*.md"))
