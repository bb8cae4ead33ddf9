"""Hand-written histories that read like a story.

Story().submits(1.0, "k1", "app-1").pays_out(2.0, "loan-1").settles(9.0).reads("app-1", "active")
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chaos.invariants._finding import Invariant
from chaos.targets.reference import TARGET
from harness.clock import NS
from harness.history import Event, History
from harness.model import Objectives, Validity, Verdict
from harness.target import system_of

PRICE = 500_000
SYSTEM = system_of(TARGET)


class Story:
    """Events in the order in which they are told; each operation has a process of its own."""

    def __init__(self) -> None:
        self._told: list[dict[str, Any]] = []
        self._phases: list[tuple[float, str]] = []
        self._t_final_s = 0.0

    def event(self, t_s: float, **fields: Any) -> Story:
        """Tell one event as it is."""
        self._told.append({"t": round(t_s * NS), **fields})
        return self

    def phase(self, t_s: float, name: str) -> Story:
        """From `t_s` on, operations belong to this phase."""
        self._phases.append((t_s, name))
        return self.event(t_s, p="harness", type="info", f="phase", k=name, src="clock")

    def op(
        self,
        t_s: float,
        f: str,
        k: str = "",
        *,
        took_s: float | None = 0.1,
        type: str = "ok",
        err: str = "",
        request: Mapping[str, Any] | None = None,
        value: Mapping[str, Any] | None = None,
    ) -> Story:
        """An operation; `took_s` None: it never completed."""
        p = f"consumer/{len(self._told)}"
        self.event(t_s, p=p, type="invoke", f=f, k=k, v=dict(request or {}))
        if took_s is not None:
            self.event(t_s + took_s, p=p, type=type, f=f, k=k, err=err, v=dict(value or {}))
        return self

    def fails(self, t_s: float, f: str, k: str, err: str, status: int | None = None,
              *, explained: bool = False, **more: Any) -> Story:  # fmt: skip
        """An operation that failed: with a status a definite no, else unknown."""
        took_s, request = more.pop("took_s", 0.1), more.pop("request", None)
        value = {"http_status": status, "explained": explained, **more}
        type = "fail" if explained or (status or 500) < 500 else "info"
        return self.op(t_s, f, k, took_s=took_s, type=type, err=err, request=request, value=value)

    def submits(self, t_s: float, k: str, app: str, *, took_s: float = 0.1,
                amount: int = PRICE, borrower: str = "b-0001") -> Story:  # fmt: skip
        """An application that is acknowledged."""
        request = {"borrower": borrower, "amount_minor": amount}
        value = {"application_id": app, "status": "acknowledged", "http_status": 202}
        return self.op(t_s, "submit", k, took_s=took_s, request=request, value=value)

    def looks(self, t_s: float, app: str, status: str, *, took_s: float = 0.1,
              **value: Any) -> Story:  # fmt: skip
        """A read of an application during the load."""
        told = {"status": status, "amount_minor": PRICE, "borrower": "b-0001", **value}
        return self.op(t_s, "application", app, took_s=took_s, value=told)

    def repays(self, t_s: float, k: str, rep: str, amount: int = 200_000) -> Story:
        """A repayment that is accepted."""
        request = {"loan_id": "loan-b-0001", "amount_minor": amount}
        value = {"repayment_id": rep, "status": "accepted", "http_status": 202}
        return self.op(t_s, "repay", k, request=request, value=value)

    def settles(self, t_s: float) -> Story:
        """The load has stopped; what follows as `reads` are final reads."""
        self._t_final_s = t_s
        return self.phase(t_s, "settled")

    def reads(self, app: str, status: str, loan: str | None = None, **value: Any) -> Story:
        """A final read of an application."""
        self._t_final_s += 0.2
        return self.looks(self._t_final_s, app, status, loan_id=loan, **value)

    def reads_repayment(self, rep: str, status: str, amount: int = 200_000) -> Story:
        """A final read of a repayment."""
        self._t_final_s += 0.2
        value = {"repayment_id": rep, "status": status, "amount_minor": amount}
        return self.op(self._t_final_s, "repayment", rep, value=value)

    def ledger(self, t_s: float, p: str, f: str, k: str, /, **v: Any) -> Story:
        """An entry in the ledger of a stand-in; its request id is `f`, `p` and `k` unless given."""
        v = {"request_id": f"{p}:{k}", "amount_minor": PRICE, **v}
        return self.event(t_s, p=p, type="ok", f=f, k=k, v=v, src="ledger")

    def called(self, t_s: float, p: str, f: str, k: str, /, *, took_s: float = 0.001,
               **v: Any) -> Story:  # fmt: skip
        """A call that a stand-in kept, by the instant at which it ended."""
        v = {"status": 200, "took_s": took_s, **v}
        return self.event(t_s, p=p, type="ok", f=f, k=k, v=v, src="calls")

    def pays_out(self, t_s: float, loan: str, /, by: str = "payment_a", **v: Any) -> Story:
        """Money goes to a borrower."""
        return self.ledger(t_s, by, "payout", loan, **{"status": "SUCCESS", **v})

    def debits(self, t_s: float, rep: str, /, by: str = "payment_a", **v: Any) -> Story:
        """Money comes from a borrower."""
        v = {"status": "SUCCESS", "amount_minor": 200_000, **v}
        return self.ledger(t_s, by, "debit", rep, **v)

    def reserves(self, t_s: float, app: str, by: str = "funding_a", **v: Any) -> Story:
        """A funder sets money aside."""
        return self.ledger(t_s, by, "reserve", app, **{"status": "RESERVED", **v})

    def commits(self, t_s: float, app: str, by: str = "funding_a", **v: Any) -> Story:
        """A funder's money is used."""
        return self.ledger(t_s, by, "commit", app, **{"status": "COMMITTED", **v})

    def releases(self, t_s: float, app: str, by: str = "funding_a", **v: Any) -> Story:
        """A funder's money is free again."""
        return self.ledger(t_s, by, "release", app, **{"status": "RELEASED", **v})

    def scores(self, t_s: float, app: str) -> Story:
        """The risk engine decides."""
        return self.ledger(t_s, "risk", "score", app, decision="approve")

    def nemesis(self, t_s: float, action: str, where: str, *, kind: str = "latency",
                type: str = "ok", **v: Any) -> Story:  # fmt: skip
        """One action of the nemesis."""
        v = {"action": action, **v}
        return self.event(t_s, p="nemesis", type=type, f=kind, k=where, v=v, src="nemesis")

    def breaks(self, t_from_s: float, t_to_s: float, where: str, kind: str = "latency") -> Story:
        """A fault that is injected and healed, with proof."""
        self.nemesis(t_from_s, "inject", where, kind=kind)
        return self.nemesis(t_to_s, "heal", where, kind=kind, proven_undone=True)

    def ledgers_read(self, *names: str, t_s: float = 99.0) -> Story:
        """These ledgers (all, when none is named) were collected."""
        for name in names or SYSTEM.ledgers:
            self.event(t_s, p=name, type="info", f="ledger", src="clock")
        return self

    def history(self, *, complete: bool = True) -> History:
        """The story so far."""
        events = [
            Event(i=i, **{"src": "client", **fields, "phase": self._phase_at(fields["t"])})
            for i, fields in enumerate(self._told)
        ]
        return History(events, complete=complete)

    def _phase_at(self, t: int) -> str:
        begun = [(t_s, name) for t_s, name in self._phases if round(t_s * NS) <= t]
        return max(begun)[1] if begun else "baseline"


def verdict(invariant: Invariant, story: Story, **objectives: Any) -> Verdict:
    """What the invariant says of a story."""
    return invariant.check(story.history(), Objectives(**{"system": SYSTEM, **objectives}))


def what(found: Verdict) -> str:
    """The sentence of the first counterexample; the verdict has to be invalid."""
    assert found.validity is Validity.INVALID, (found.validity, found.why)
    assert found.first_bad is not None
    return str(found.first_bad["what"])
