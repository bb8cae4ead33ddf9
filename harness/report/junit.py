"""JUnit XML: one test case an invariant, so that a pipeline shows them by name."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from harness.model import RunResult, RunVerdict, Validity, Verdict
from harness.text import xml


def junit(result: RunResult) -> str:
    """The suite as text; invalid is a failure, unknown an error, a broken run one case named
    `run`."""
    suite = ET.Element("testsuite", name=xml(f"{result.experiment} on {result.design}"))
    for verdict in result.verdicts:
        _case(suite, result, verdict)
    run = ET.SubElement(suite, "testcase", classname=xml(result.experiment), name="run")
    if result.verdict not in (RunVerdict.PASS, RunVerdict.FAIL):
        ET.SubElement(run, "error", message=result.verdict.value).text = xml(
            "\n".join(result.reasons)
        )
    suite.set("tests", str(len(result.verdicts) + 1))
    suite.set("failures", str(len(suite.findall("*/failure"))))
    suite.set("errors", str(len(suite.findall("*/error"))))
    suite.set("time", f"{result.duration_s:g}")
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, result: RunResult, verdict: Verdict) -> None:
    name = xml(verdict.title)
    case = ET.SubElement(suite, "testcase", classname=xml(result.experiment), name=name)
    if verdict.validity is Validity.INVALID:
        what = xml((verdict.first_bad or {}).get("what", verdict.claim))
        element = ET.SubElement(case, "failure", message=what)
        element.text = xml(f"{verdict.claim}\n{result.repeat}")
    elif verdict.validity is Validity.UNKNOWN:
        ET.SubElement(case, "error", message="unknown").text = xml(verdict.why)
