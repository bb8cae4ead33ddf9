"""Writes every report of a run into its folder."""

from __future__ import annotations

import traceback

from harness.model import RunResult
from harness.report.junit import junit
from harness.report.markdown import summary
from harness.report.recorded import Recorded
from harness.store import REPORT, VERDICT, RunFolder, result_document

JUNIT = "junit.xml"
REPORT_ERROR = "report-error.txt"


def write_reports(result: RunResult, folder: RunFolder, recorded: Recorded) -> None:
    """verdict.json, junit.xml, summary.md and report.html.

    A page that cannot be drawn takes no verdict away: its traceback stands in report-error.txt.
    """
    document = result_document(result)
    folder.write_json(VERDICT, document)
    folder.write(JUNIT, junit([(folder.path.parent.name, document)]))
    folder.write("summary.md", summary(result))
    try:
        from harness.report.html import page  # Jinja2 takes longer to load than a page to draw

        text = page(result, recorded)
    except Exception as error:
        folder.write(REPORT_ERROR, "".join(traceback.format_exception(error)))
        return
    folder.write(REPORT, text)
