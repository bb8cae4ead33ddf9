"""Examples that the help of each verb ends with; a test takes every one of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from typer.models import CommandInfo

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "run": (
        "harness run X01 --design naive",
        "harness run my_experiment.yaml --design my_design.yaml --seed 7 --output json",
        "harness run X01 --runtime sim --repeat 5",
        "harness run --tags payment --jobs 2",
        "harness run X01 --runtime process --workers 4 --web",
    ),
    "worker": ("harness worker 127.0.0.1:5557",),
    "demo": ("harness demo --seed 3",),
    "suite": (
        "harness suite smoke --runtime sim",
        "harness suite pull-request --junit-xml junit.xml --baseline main/suite.json",
        "harness suite --list",
    ),
    "diff": ("harness diff X01 runs/x01_payment_reply_lost/UTC", "harness diff smoke old.json"),
    "compare": (
        "harness compare hardened my_design.yaml",
        "harness compare hardened my_design.yaml --experiments X01 --experiments X20 --seeds 20",
    ),
    "matrix": (
        "harness matrix --design hardened",
        "harness matrix --design my_design.yaml --condition slow --html matrix.html",
    ),
    "envelope": (
        "harness envelope X20 --vary for=1s..60s --vary load=1x..8x",
        "harness envelope X01 --design naive --vary design.upstream_timeout_s=0.1..5",
    ),
    "schema": (
        "harness schema experiment",
        "harness schema verdict",
        "harness schema design --target target.yaml",
    ),
    "validate": ("harness validate X01", "harness validate target.yaml"),
    "list": (
        "harness list faults",
        "harness list operations --target target.yaml",
    ),
    "explain": ("harness explain latency", "harness explain M1"),
    "report": ("harness report X01", "harness report latest --html report.html"),
    "show": ("harness show latest", "harness show X01 loan-b-0001"),
    "replay": ("harness replay latest",),
    "shrink": ("harness shrink X01 --invariant no_double_payout",),
    "explore": (
        "harness explore --design naive",
        "harness explore --journey repayer --faults 2 --budget 5m",
    ),
    "self-test": (
        "harness self-test --quick",
        "harness self-test --mutants --sample 200",
        "harness self-test --coverage --xml coverage.xml",
    ),
    "drill verify": ("harness drill verify runs/drill/UTC",),
    "incident": (
        "harness incident X01 --out reports",
        "harness incident latest --rules my_rules.yaml",
    ),
    "risks": ("harness risks --design naive", "harness risks my_risks.yaml --markdown risks.md"),
    "warn score": (
        "harness warn score",
        "harness warn score runs --users 5 --html warning.html",
    ),
    "doctor": ("harness doctor",),
    "parts": ("harness parts",),
    "up": ("harness up --runtime docker --design naive",),
    "down": ("harness down",),
    "faults list": ("harness faults list",),
    "faults clear": ("harness faults clear", "harness faults clear --force"),
    "images build": ("harness images build",),
    "images list": ("harness images list",),
    "runs list": ("harness runs list X01", "harness runs list --output json"),
    "runs prune": ("harness runs prune --keep 5 --dry",),
    "init experiment": ("harness init experiment --fault latency --out my_experiment.yaml",),
    "init design": ("harness init design --like hardened --out my_design.yaml",),
    "init target": (
        "harness init target --openapi openapi.yaml --out target.yaml",
        "harness init target --compose docker-compose.yml --openapi openapi.yaml",
    ),
}
"""Name of a verb, with the group that it is in -> commands."""


def add_examples(commands: Iterable[CommandInfo], group: str = "") -> None:
    """Let the help of each verb end with its examples, one a line."""
    for one in commands:
        name = one.name or str(getattr(one.callback, "__name__", ""))
        examples = EXAMPLES.get(f"{group} {name}".strip(), ())
        if examples:
            one.epilog = "\n".join(["\b", "examples:", *(f"  {line}" for line in examples)])
