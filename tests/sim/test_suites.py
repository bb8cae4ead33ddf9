"""`harness suite` and `harness run` of several: one summary, one exit code, files for pipelines."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.errors import ConfigError
from harness.registry import load_vocabulary
from harness.suite.profile import load_profile
from harness.suite.selection import of_profile

pytestmark = pytest.mark.sim

SHORT = ["--rate", "12/s", "--var", "baseline=4s", "--var", "fault=5s", "--var", "recovery=8s",
         "--var", "objective=4s", "--runtime", "sim", "--seed", "1"]  # fmt: skip


def harness(*words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = CliRunner().invoke(app, words)
    return done.exit_code, done.stdout, done.stderr or str(done.exception)


def test_a_suite_tells_everything_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs that fail: exit code, files, what GitHub shows, and who failed last time."""
    step, xml, page = tmp_path / "step.md", tmp_path / "j.xml", tmp_path / "s.html"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    into = ["--runs", str(tmp_path / "runs")]
    asked = ["run", "X01", "X20", "--design", "naive", *SHORT, *into]
    code, out, err = harness(
        *asked, "--output", "json", "--junit-xml", str(xml), "--html", str(page)
    )
    summary = json.loads(out)
    assert (code, summary["exit_code"], summary["verdicts"]) == (1, 1, {"fail": 2})
    assert summary["runs"][0]["findings"][0]["finding"] == "invariant no_double_payout"
    assert Path(summary["folder"], "suite.json").is_file()

    cases = ET.parse(xml).getroot().findall("*/testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(set(names)) == len(names)
    assert ("naive.x01_payment_reply_lost", "M1 no_double_payout") in names
    report = (tmp_path / "runs").glob("x01_payment_reply_lost/2*/report.html")
    assert f'href="{next(report).relative_to(tmp_path)}"' in page.read_text("utf-8")
    assert "no_double_payout" in step.read_text("utf-8")
    errors = [line for line in err.splitlines() if line.startswith("::error")]
    assert len(errors) == 10
    written = Path("chaos/experiments/x01_payment_reply_lost.yaml").read_text().splitlines()
    line = written.index("  - no_double_payout") + 1
    assert f"x01_payment_reply_lost.yaml,line={line}" in errors[0]
    assert errors[-1].endswith("more, see the summary of this job")

    again = [*asked[:1], *asked[2:], "--baseline", summary["folder"]]
    code, out, _ = harness(*again, "--output", "json")
    gated = json.loads(out)
    assert (code, gated["runs"][0]["exit_code"]) == (0, 1)
    assert {one["state"] for one in gated["runs"][0]["findings"]} == {"known"}
    code, out, _ = harness("diff", summary["folder"], gated["folder"], "--output", "json")
    assert (code, json.loads(out)["only_before"]) == (0, ["x01_payment_reply_lost"])

    _, plan, note = harness(*asked[:2], "X31", *asked[3:], "--last-failed", "--dry")
    assert plan.splitlines()[0].startswith("X01")
    assert "1 of 2 failed last time" in note


def test_a_profile_is_ordered_sharded_and_limited(tmp_path: Path) -> None:
    """Shards together are the whole; what does not fit into the time is summary and no pass."""
    plan = ["suite", "smoke", "--dry", "--runtime", "process"]
    whole = harness(*plan)[1].splitlines()[:-1]
    parts = [harness(*plan, "--shard", f"{n}/2")[1].splitlines()[:-1] for n in (1, 2)]
    assert sorted(whole) == sorted(parts[0] + parts[1])
    assert [len(part) for part in parts] == [3, 3]

    limited = ["suite", "smoke", "--runtime", "sim", "--time-limit", "10ms"]
    code, out, _ = harness(*limited, "--runs", str(tmp_path), "--output", "json")
    summary = json.loads(out)
    assert (code, summary["runs"], len(summary["not_run"])) == (3, [], 6)


def test_side_by_side_each_run_is_a_process(tmp_path: Path) -> None:
    """What came out is the same as one by one: `sim` repeats itself."""
    asked = ["run", "X31", "X20", *SHORT, "--jobs", "2", "--output", "json"]
    code, out, _ = harness(*asked, "--runs", str(tmp_path))
    summary = json.loads(out)
    assert (code, summary["verdicts"]) == (0, {"pass": 2})
    assert summary["repeat"].startswith(
        "harness run X31 X20 --design hardened --runtime sim --seed 1"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("suite smok", "no suite 'smok'; did you mean 'smoke'?; allowed: nightly, pull-request"),
        ("suite smoke --shard 5/4 --time-limit x --html /no/x", "--shard: shard '5/4'"),
        ("run --tags paymnt", "did you mean 'payment'?"),
        ("run docs/ci", "a folder without an experiment; allowed: YAML files with a method:"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_starts(words: str, said: str) -> None:
    """Place, allowed, remedy; every problem at once."""
    error = CliRunner().invoke(app, words.split()).exception
    assert said in str(error)


def test_a_profile_of_ones_own_is_checked_with_its_place(tmp_path: Path) -> None:
    """A key that there is not is named with line and column."""
    file = tmp_path / "mine.yaml"
    file.write_text("title: Mine\nexperiment: [X01]\nrepeat: 0\n", "utf-8")
    error = str(CliRunner().invoke(app, ["suite", str(file)]).exception)
    assert f"{file}:2:1: unknown key 'experiment'; did you mean 'experiments'?" in error
    assert f"{file}:3:9: repeat:" in error


def test_what_a_profile_wants_is_not_there_yet() -> None:
    """Else the file would tell of a lack that is none."""
    words = load_vocabulary()
    built = {path.stem.partition("_")[0].upper() for path in words.experiments.values()}
    for path in words.suites.values():
        assert not built & load_profile(path).wanted.keys(), path.name


def test_a_change_is_held_to_all_that_is_starred_within_a_quarter_of_an_hour() -> None:
    """As many as the catalogue stars, in the time that somebody waits for; every night all."""
    lines = harness("suite", "pull-request", "--dry", "--runtime", "process")[1].splitlines()
    assert (len(lines) - 1, float(lines[-1].split()[3]) <= 900.0) == (24, True), lines[-1]
    nightly = of_profile(load_profile(load_vocabulary().suites["nightly"]))
    assert {entry.ref for entry in nightly} == set(load_vocabulary().experiments)


def test_what_is_set_for_all_is_taken_by_those_who_can(tmp_path: Path) -> None:
    """A variable by whom has it, a rate where the load has no stages; what nobody has is a slip."""
    file = tmp_path / "mine.yaml"
    text = "title: Mine\nrate: 12/s\nvars: {recovery: 9s}\nexperiments: [X01, X13, X49]\n"
    file.write_text(text, "utf-8")
    taken = {entry.ref: entry.overrides.argv for entry in of_profile(load_profile(file))}
    rate = ["--rate", "12/s"]
    assert taken == {"X01": [*rate, "--var", "recovery=9s"], "X13": rate, "X49": []}
    file.write_text(text.replace("recovery:", "recovry:"), "utf-8")
    with pytest.raises(ConfigError, match="no experiment of this suite has the variable 'recovry'"):
        of_profile(load_profile(file))
