"""The page about the architecture tells the house as it stands."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/architecture.md"
TOPS = ("harness", "chaos", "mock_services", "lending_service")


def test_every_package_is_named() -> None:
    """Whoever looks for the room of a change finds it by its name."""
    text = PAGE.read_text(encoding="utf-8")
    packages = (init.parent for top in TOPS for init in (ROOT / top).rglob("__init__.py"))
    names = sorted(package.relative_to(ROOT).as_posix() for package in packages)
    unnamed = [name for name in names if not _named(name, text)]
    assert not unnamed


def _named(package: str, text: str) -> bool:
    """By its path, or inside harness by its own name."""
    own = package.removeprefix("harness/")
    return f"`{package}/" in text or f"`{own}/" in text or package == "harness"


def test_every_module_that_is_named_is_there() -> None:
    """A page that names what is gone leads nowhere."""
    words = PAGE.read_text(encoding="utf-8").split("`")[1::2]
    modules = [word for word in words if word.endswith(".py") and "x.py" not in word]
    lost = [name for name in modules if not any(ROOT.glob(f"*/**/{name}"))]
    lost = [name for name in lost if not (ROOT / name).exists()]
    assert not lost
