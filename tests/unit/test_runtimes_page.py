"""The page about runtimes says of each fault where it works; its table is made from the code."""

from __future__ import annotations

from pathlib import Path

from harness.ports import Fault
from harness.registry import load_vocabulary
from harness.runtime_registry import load_runtime

PAGE = Path(__file__).parents[2] / "docs/runtimes.md"
BEGIN = "<!-- made by: python -m tests.unit.test_runtimes_page -->"
END = "<!-- end -->"
RUNTIMES = tuple(load_runtime(name) for name in ("sim", "process", "docker"))


def row(kind: str, fault: type[Fault]) -> str:
    """One fault: the power it needs, and who has it."""
    has = ("yes" if fault.capability in one.capabilities else "no" for one in RUNTIMES)
    return f"| `{kind}` | {fault.capability.value} | " + " | ".join(has) + " |"


def table() -> str:
    """Every fault that there is."""
    head = "| fault | needs power over | " + " | ".join(f"`{one.name}`" for one in RUNTIMES) + " |"
    rows = [row(kind, fault) for kind, fault in load_vocabulary().faults.items()]
    lines = [BEGIN, head, "|---" * (2 + len(RUNTIMES)) + "|", *rows, "", "Why not:", "", *reasons()]
    return "\n".join([*lines, END])


def reasons() -> list[str]:
    """Each power that a runtime has not."""
    return [
        f"- `{one.name}`, {power.value}: {why}"
        for one in RUNTIMES
        for power, why in one.lacks.items()
    ]


def page() -> str:
    """The page with the table as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + table() + rest.split(END)[1]


def test_the_page_says_of_each_fault_where_it_works() -> None:
    """Made again by `python -m tests.unit.test_runtimes_page`."""
    assert PAGE.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
