"""Whatever the service answers, borrowers go on: what it says is judged, and ends no load."""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

import chaos.journeys
from chaos.targets._reference_metrics import samples
from harness.load.arrivals import journey_dice
from harness.load.driver import AtOnce, Drive, Send, drive, find_journey
from harness.rng import Dice
from harness.target import Answer, Completion, decoded, load_target
from harness.workload import LoadPlan

TARGET = load_target("chaos.targets.reference")
PLAN = LoadPlan("chaos.targets.reference", 7, 1.0, {"consumer": 1}, 5, 5)
GOOD: Mapping[str, Any] = {
    "available_minor": 1_000_000,
    "application_id": "app-1",
    "status": "active",
    "loan_id": "loan-9",
    "repayment_id": "r-1",
    "outstanding_minor": 50_000,
    "schedule": [{"amount_minor": 500, "paid_minor": 0}],
    "retryable": True,
    "retry_after_s": 0.5,
}
WRONG = ("1e999", "NaN", "9" * 4000, "null", "[]", "{}", '"x"', "-1", "[[]]", '[{"a": {}}]',
         '[{"amount_minor": "x"}]', '"\\ud83d"', "0.5")  # fmt: skip
STEPS_MAX = 300
NAMES = [one.name for one in pkgutil.iter_modules(chaos.journeys.__path__) if one.name[0] != "_"]


def answer(dice: Dice) -> Answer:
    """As all is well, but for a field or two that are missing or of another kind."""
    told = {name: json.dumps(value) for name, value in GOOD.items()}
    for name in dice.sample(sorted(told), 2):
        told[name] = dice.choice(WRONG)
    del told[dice.choice(sorted(told))]
    raw = ", ".join(f'"{name}": {value}' for name, value in told.items())
    headers = {"writer": dice.choice(["", "a/1", "a/\xb2", "a/" + "9" * 5000])}
    return Answer(
        dice.choice([200, 200, 201, 409, 503]), decoded(f"{{{raw}}}".encode()), "", headers
    )


def play(steps: Drive, dice: Dice) -> Completion | None:
    """A journey to its end, or as far as patience goes."""
    reply: Any = None
    for _ in range(STEPS_MAX):
        try:
            step = steps.send(reply)
        except StopIteration as end:
            done: Completion | None = end.value
            return done
        if isinstance(step, AtOnce):
            reply = tuple(play(part, dice) for part in step.parts)
        else:
            reply = answer(dice) if isinstance(step, Send) else None
    return None


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_ends_a_journey_otherwise_than_it_ends(name: str) -> None:
    """A journey that raises is a defect of the harness, which ends the load and has no verdict; a
    key that is no text has no place in a history."""
    events: list[str] = []
    for number in range(60):
        steps = drive(
            find_journey(name).steps(number, journey_dice(PLAN, number)),
            name=f"{name}/{number}",
            due_ns=0,
            target=TARGET,
            emit=lambda event: events.append(msgspec.convert(event["k"], str)),
            now_ns=lambda: 0,
        )
        play(steps, journey_dice(PLAN, number))
    assert len(events) > 100


@pytest.mark.parametrize("value", ["{}", "[]", "1", "null"])
def test_an_answer_with_a_field_of_another_kind_confirms_nothing(value: str) -> None:
    """Nor is the field gone by; a refusal stays one."""
    body = decoded(f'{{"status": {value}, "loan_id": "l"}}'.encode())
    call: Any = type("Asked", (), {"f": "application"})
    done = TARGET.classify(call, Answer(200, body))
    assert (done.outcome, done.err, done.value.get("status")) == ("info", "protocol", None)
    assert TARGET.classify(call, Answer(404, body)).outcome == "fail"


PAGES = {
    "lines that never close": "lending_x{\n" * 80_000,
    "one word": "lending_x{" + "b" * 160_000 + "} 1",
    "digits": "lending_x " + "9" * 300_000,
    "numbers that are none": 'lending_outbox_tasks{kind="a"} 1e999\nlending_outbox_tasks e+-\n',
}


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_metrics_takes_longer_than_its_length(page: str) -> None:
    """It took 30 s for 60 KB, and 16 times that for these: the harness stood still for so long."""
    text = PAGES[page] + '\nlending_outbox_tasks{kind="notify"} 4\n'
    assert ("lending_outbox_tasks", {"kind": "notify"}, 4.0) in list(samples(text))
