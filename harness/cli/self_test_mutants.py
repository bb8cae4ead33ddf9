"""`harness self-test --mutants`: one small mistake at a time in the service, and who sees it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.table import Table

from harness.cli.console import out_json, progress, stdout
from harness.explore.workers import cores
from harness.json_types import JsonDict
from harness.pool.hands import Where
from harness.self_test.checks import DEFAULT, Subject
from harness.self_test.mutants.running import need


def mutants_command(
    package: str,
    seed: int,
    workers: int | None,
    subject: Subject = DEFAULT,
    *,
    modules: str,
    sample: int,
    seconds: float,
    output: str,
    cluster: str = "",
) -> int:
    """Make mutants, judge them, print the score of each module and what survived.

    Returns:
        0 when every required module reaches its score, 1 when one does not, 3 when of one none
        was judged.
    """
    need("libcst")
    from harness.self_test.mutants.campaign import Asked, campaign
    from harness.self_test.mutants.reviewed import reviewed_of

    chosen = tuple(filter(None, modules.split(",")))
    reviewed, where = reviewed_of(package), Where(workers or cores(), cluster)
    asked = Asked(package, reviewed, seed, where, chosen, sample, seconds, subject)
    report = campaign(asked, progress())
    if output == "json":
        out_json(_document(report, reviewed.why))
    else:
        _show(report, reviewed.why)
    return report.exit_code


def _document(report: Any, why: Any) -> JsonDict:
    """Everything as plain data."""
    from harness.self_test.mutants.sites import diff_of

    return {
        "exit_code": report.exit_code,
        "seconds": round(report.seconds, 1),
        "seconds_not_seen_soon": round(report.rest_s, 1),
        "mutants": report.drawn,
        "not_begun": report.left,
        "unfinished": report.unfinished,
        "modules": [{**asdict(one), "score": _rounded(one.score)} for one in report.modules],
        "killed": [asdict(one) for one in report.outcomes if one.seen],
        "survived": [
            {**asdict(one), "diff": diff_of(one.mutant, report.files[one.mutant.module])}
            for one in report.survivors
        ],
        "equivalent": [{**asdict(one), "why": why(one)} for one in report.equivalent],
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


def _show(report: Any, why: Any) -> None:
    from harness.self_test.mutants.sites import diff_of

    console = stdout()
    for one in report.survivors:
        console.print(
            f"\n{one.mutant.id}  {one.mutant.module}:{one.mutant.line} "
            f"{one.mutant.operator}; {one.why or f'{one.looks} places saw nothing'}"
        )
        console.print(diff_of(one.mutant, report.files[one.mutant.module]), soft_wrap=True)
    console.print(_scores(report))
    for line in _summary(report):
        console.print(line, soft_wrap=True)


def _scores(report: Any) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("module", "required", "killed", "survived", "equivalent", "left", "score"):
        table.add_column(name, justify="left" if name == "module" else "right")
    for one in report.modules:
        table.add_row(
            one.name,
            "yes" if one.required else "",
            *(str(n) for n in (one.killed, one.survived, one.equivalent, one.left)),
            "unknown" if one.score is None else f"{one.score:.1%}",
        )
    return table


def _summary(report: Any) -> list[str]:
    killed = sum(one.seen for one in report.outcomes)
    judged = len(report.outcomes)
    by: dict[str, int] = {}
    for one in report.outcomes:
        for name in one.by[:1] if one.by else ((one.state,) if one.seen else ()):
            by[name] = by.get(name, 0) + 1
    lost_s = sum(one.cpu_s for one in report.survivors)
    ranked = sorted(by.items(), key=lambda pair: -pair[1])
    return [
        f"killed   {killed} of {judged} ({killed / max(1, judged):.1%}); "
        f"{len(report.equivalent)} equivalent, {report.left} not begun in time, "
        f"{report.unfinished} not shown to every place in time",
        f"by       {', '.join(f'{name} {n}' for name, n in ranked)}",
        f"time     {report.seconds:.1f} s, of it {report.rest_s:.1f} s for what the first places "
        f"did not see; {lost_s:.0f} processor seconds on survivors",
    ]
