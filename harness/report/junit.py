"""JUnit XML: one test case a claim, so that a pipeline shows them by name.

    testsuites > testsuite (a run) > testcase (an invariant, a threshold, a probe, the run itself)

A name is one of a kind: the class is design and document, over files and designs alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from harness.json_types import JsonObject
from harness.text import xml

ENDED = ("pass", "fail")


@dataclass(frozen=True)
class Case:
    """One claim.

    Args:
        kind: `failure`, `error`, or "" where it held.
        message: what was seen.
        text: what was claimed, how to repeat it.
    """

    name: str
    kind: str = ""
    message: str = ""
    text: str = ""


def junit(runs: Sequence[tuple[str, JsonObject]], skipped: Sequence[tuple[str, str]] = ()) -> str:
    """The file as text.

    Args:
        runs: the name of each document, and its result document.
        skipped: the name of each document that was not run, and why.
    """
    root = ET.Element("testsuites", name="chaos-harness")
    for name, run in runs:
        root.append(_suite(name, run))
    if skipped:
        suite = ET.SubElement(root, "testsuite", name="not run", time="0")
        for name, why in skipped:
            case = ET.SubElement(suite, "testcase", classname=dotted(name), name="run", time="0")
            ET.SubElement(case, "skipped", message=xml(why))
        _count(suite)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):g}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(name: str, run: JsonObject) -> ET.Element:
    """A run; the whole of its time stands at the case `run`."""
    suite = ET.Element(
        "testsuite", name=xml(f"{run['experiment']} {run['title']}, {run['design']}")
    )
    if begun := begun_utc(run["run_dir"]):
        suite.set("timestamp", begun.removesuffix("Z"))
    suite.set("time", f"{run['duration_s']:g}")
    properties = ET.SubElement(suite, "properties")
    for key in ("seed", "design", "runtime", "verdict", "run_dir", "repeat"):
        ET.SubElement(properties, "property", name=key, value=xml(run[key]))
    found = list(_cases(run))
    for case in (*found, _whole(run, found)):
        time = suite.get("time", "0") if case.name == "run" else "0"
        its = ET.SubElement(
            suite,
            "testcase",
            classname=f"{dotted(run['design'])}.{dotted(name)}",
            name=xml(case.name),
            time=time,
        )
        if case.kind:
            ET.SubElement(its, case.kind, message=xml(case.message)).text = xml(case.text)
    _count(suite)
    return suite


def begun_utc(run_dir: str) -> str:
    """`2026-01-31T12:30:00Z`, from the folder of a run; "" without one."""
    day, _, time = Path(run_dir).name.partition("T")
    return f"{day}T{time[:8].replace('-', ':')}Z" if time else ""


def _cases(run: JsonObject) -> Iterator[Case]:
    for one in run["invariants"]:
        name = f"{one['id']} {one['name']}".lstrip()
        if one["verdict"] == "invalid":
            what = (one["first_bad"] or {}).get("what", one["claim"])
            yield Case(name, "failure", what, f"{one['claim']}\n{run['repeat']}")
        elif one["verdict"] == "unknown":
            yield Case(name, "error", "unknown", one["why"])
        else:
            yield Case(name)
    for one in run["thresholds"]:
        yield _limit(f"threshold {one['name']} in {one['during']}", one, run)
    for look in run["hypothesis"]:
        for probe in look["probes"]:
            name = f"steady state {look['when']}: {probe['name']}"
            yield _limit(name, probe, run, judged=look["when"] != "before")


def _limit(name: str, seen: JsonObject, run: JsonObject, *, judged: bool = True) -> Case:
    """A limit; before a fault, one that does not hold proves nothing."""
    if seen["met"]:
        return Case(name)
    if "why" in seen:
        return Case(name, "error", "unknown", str(seen["why"]))
    what = f"was {seen['shown']}, allowed {seen['tolerance']}"
    if not judged:
        return Case(name, "error", "no steady state", what)
    return Case(name, "failure", what, str(run["repeat"]))


def _whole(run: JsonObject, found: Sequence[Case]) -> Case:
    """The run itself: what ended otherwise than pass or fail, or failed by something else."""
    reasons = "\n".join(run["reasons"])
    if run["verdict"] not in ENDED:
        return Case("run", "error", run["verdict"], reasons)
    if run["verdict"] == "fail" and not any(case.kind == "failure" for case in found):
        return Case("run", "failure", run["reasons"][0], f"{reasons}\n{run['repeat']}")
    return Case("run")


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))


def dotted(name: str) -> str:
    """A path as a class: `my/designs/a.yaml` -> `my.designs.a`; what is no part of a name stands
    as `_`."""
    path = name.removesuffix(".yaml").removesuffix(".yml").strip("/").replace("/", ".")
    return xml("".join("_" if one.isspace() else one for one in path)) or "_"
