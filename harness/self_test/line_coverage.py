"""What of a service no experiment runs: its lines and branches, over every place together.

every place ──> the good design under coverage.py ──> combined ──> a module each, Cobertura XML
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.clock import NS, monotonic_ns
from harness.json_types import JsonObject
from harness.pool.local import local
from harness.self_test.checks import DEFAULT, WHOLE, Subject, context
from harness.self_test.mutants.running import need, ran
from harness.self_test.mutants.sites import package_files


@dataclass(frozen=True)
class ModuleCoverage:
    """What of a module ran.

    Args:
        lines, branches: how many there are.
        lines_missed: numbers of those that no place ran.
        branches_missed: from which line to which; a negative one leaves what begins there.
    """

    name: str
    lines: int
    branches: int
    lines_missed: tuple[int, ...]
    branches_missed: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class CoverageReport:
    """What came of it.

    Args:
        places: experiments and the search, in which the good design ran.
        seconds: real time.
    """

    modules: tuple[ModuleCoverage, ...]
    places: tuple[str, ...]
    seconds: float


def line_coverage(
    package: str,
    workers: int,
    xml: Path | None,
    tell: Callable[[str], None],
    subject: Subject = DEFAULT,
) -> CoverageReport:
    """Run the good design at every place, with the whole load of each.

    Args:
        xml: where the report is written in Cobertura's form; None for nowhere.

    Raises:
        ConfigError: no such package, or coverage.py is not installed.
        HarnessError: the good design fails somewhere.
    """
    need("coverage")
    began_ns = monotonic_ns()
    files = package_files(package)
    root = next(iter(files.values())).parent
    places = context(subject).places
    with TemporaryDirectory(prefix="harness-") as folder, local(workers, folder) as pool:
        looks = [pool.submit(ran, place, root, WHOLE, subject) for place in places]
        data = []
        for number, (place, look) in enumerate(zip(places, looks, strict=True), start=1):
            data.append(look.result().data)
            tell(f"{number}/{len(places)}  {place}")
        modules = combined(data, files, Path(folder), xml)
    return CoverageReport(modules, tuple(places), (monotonic_ns() - began_ns) / NS)


def combined(
    data: Iterable[str], files: Mapping[str, Path], folder: Path, xml: Path | None
) -> tuple[ModuleCoverage, ...]:
    """What all of these files of coverage.py say together.

    Args:
        files: module -> its source.
        folder: for what is left behind.
    """
    sources = [str(file) for file in files.values()]
    watch = need("coverage").Coverage(
        data_file=str(folder / "all"), branch=True, config_file=False, messages=False
    )
    watch.combine(list(data), keep=True)
    watch.get_data().touch_files(sources)  # what nothing imported is there too
    told = folder / "all.json"
    watch.json_report(morfs=sources, outfile=str(told))
    if xml is not None:
        watch.xml_report(morfs=sources, outfile=str(xml))
    found = {
        Path(name).resolve(): one for name, one in json.loads(told.read_text())["files"].items()
    }
    return tuple(_module(name, found[file.resolve()]) for name, file in files.items())


def _module(name: str, told: JsonObject) -> ModuleCoverage:
    counts = told["summary"]
    branches = tuple((start, end) for start, end in told["missing_branches"])
    lines = tuple(told["missing_lines"])
    return ModuleCoverage(name, counts["num_statements"], counts["num_branches"], lines, branches)
