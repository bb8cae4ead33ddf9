"""Writes every report of a run into its folder."""

from __future__ import annotations

from harness.model import RunResult
from harness.report.junit import junit
from harness.report.markdown import summary
from harness.store import VERDICT, RunFolder, result_document


def write_reports(result: RunResult, folder: RunFolder) -> None:
    """verdict.json, junit.xml and summary.md."""
    folder.write_json(VERDICT, result_document(result))
    folder.write("junit.xml", junit(result))
    folder.write("summary.md", summary(result))
