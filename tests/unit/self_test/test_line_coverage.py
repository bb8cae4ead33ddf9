"""What of a service never ran, over several files of coverage.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from xml.etree import ElementTree as ET

import coverage
import pytest

from harness.cli.self_test_coverage import ranges
from harness.self_test.line_coverage import ModuleCoverage, combined

pytestmark = pytest.mark.unit
SOURCE = """
def pay(late):
    if late:
        return 1
    return 2


def refuse():
    return 3
"""


def _run(file: Path, data: Path, late: bool) -> str:
    watch = coverage.Coverage(data_file=str(data), branch=True, config_file=False, messages=False)
    watch.start()
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.pay(late)
    watch.stop()
    watch.save()
    return str(data)


def test_what_no_place_ran_is_left_over_from_all_of_them(tmp_path: Path) -> None:
    """What one place runs is run; what nothing imports is missed as a whole."""
    files = {"bank.paying": tmp_path / "paying.py", "bank.unused": tmp_path / "unused.py"}
    for file in files.values():
        file.write_text(SOURCE)
    data = [_run(files["bank.paying"], tmp_path / f"{late}", late) for late in (True, False)]
    xml = tmp_path / "coverage.xml"
    paying, unused = combined(data, files, tmp_path, xml)
    assert paying == ModuleCoverage("bank.paying", 6, 2, (9,), ())
    assert (unused.lines_missed, unused.branches_missed) == ((2, 3, 4, 5, 8, 9), ((3, 4), (3, 5)))
    told = ET.parse(xml).getroot()  # noqa: S314 - our own file
    assert {Path(one.get("filename", "")).name for one in told.iter("class")} == {
        "paying.py",
        "unused.py",
    }
    (one,) = combined(data[:1], {"bank.paying": files["bank.paying"]}, tmp_path, None)
    assert one.branches_missed == ((3, 5),)


def test_lines_in_a_row_are_told_as_one() -> None:
    """A list that a person reads."""
    assert list(ranges((2, 3, 4, 7, 9, 10))) == ["2-4", "7", "9-10"]
    assert list(ranges(())) == []
