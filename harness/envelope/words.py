"""An envelope for a person: lines of a terminal, a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from harness.envelope.search import BROKEN, DEGRADED, HELD, UNCLEAR
from harness.json_types import JsonDict, JsonObject
from harness.report.html import rendered, report_link
from harness.store import REPORT
from harness.text import cut, line

WHAT_MAX = 160
TONES = {HELD: "green", DEGRADED: "yellow", BROKEN: "bold red", UNCLEAR: "yellow"}


def head(summary: JsonObject) -> str:
    """`X01 Payment accepted, reply lost, design hardened, on sim, seed 1`."""
    return (
        f"{summary['experiment']} {summary['title']}, design {summary['design']}, "
        f"on {summary['runtime']}, seed {summary['seed']}"
    )


def sentence(knob: JsonObject) -> str:
    """Where it changes: `broken from 3.2x on, degraded up to 3.1x`."""
    zones = knob["zones"]
    if not zones:
        return "nothing was tried"
    if len(zones) == 1:
        return f"{zones[0]['state']} over the whole range"
    return "; ".join(f"{zone['state']} {zone['shown']}" for zone in zones)


def show(summary: JsonObject, console: Console) -> None:
    """Print it."""
    console.print(line(head(summary)))
    for knob in summary["knobs"]:
        console.print(Text(f"\n{line(knob['name'])}  {knob['range']}, "
                           f"{len(knob['points'])} runs", "bold"))  # fmt: skip
        for zone in knob["zones"]:
            state = Text.assemble((f"{zone['state']:<9}", TONES[zone["state"]]), zone["shown"])
            console.print(Padding(state, (0, 0, 0, 2)))
            for said in _why(zone):
                console.print(Padding(Text(said), (0, 0, 0, 4)))
        for one in knob["confirmed"]:
            console.print(Padding(Text(_confirmed(one)), (0, 0, 0, 2)))
    for one in summary["not_run"]:
        console.print(f"\nnot run: {line(one)}")
    console.print(f"\nfolder  {summary['folder']}", soft_wrap=True)
    console.print(f"repeat  {summary['repeat']}", soft_wrap=True)


def _why(zone: JsonObject) -> Iterator[str]:
    if zone["first"]:
        at = "" if zone["t_s"] is None else f" at {zone['t_s']:.2f} s"
        word = "breaks first" if zone["state"] == BROKEN else "seen"
        yield f"{word}{at}: {cut(line(zone['first']), WHAT_MAX)}"
    if zone["state"] in (BROKEN, UNCLEAR) and zone["run_dir"]:
        yield f"{zone['run_dir']}/{REPORT}"


def _confirmed(one: JsonObject) -> str:
    agrees = "as on sim" if one["state"] == one["expected"] else f"{one['expected']} on sim"
    return f"on {one['runtime']} at {one['shown']}: {one['state']}, {agrees}"


def page(summary: JsonObject, folder: Path) -> str:
    """One file, offline."""
    knobs = [
        {
            **knob,
            "sentence": sentence(knob),
            "bands": list(_bands(knob)),
            "points": [
                {**one, "href": report_link(one["run_dir"], folder)} for one in knob["points"]
            ],
            "confirmed": [_confirmed(one) for one in knob["confirmed"]],
        }
        for knob in summary["knobs"]
    ]
    return rendered("envelope.html.jinja", summary={**summary, "knobs": knobs}, head=head(summary))


def _bands(knob: JsonObject) -> Iterator[JsonDict]:
    """Each zone as a stretch of 0..1000; the gap to the next belongs to neither."""
    at = {one["value"]: one["x"] for one in knob["points"]}
    for zone in knob["zones"]:
        x = 1000 * at[zone["from"]]
        width = max(4.0, 1000 * at[zone["to"]] - x)
        yield {**zone, "x": round(min(x, 996.0), 1), "width": round(width, 1)}
