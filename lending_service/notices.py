"""Tells borrowers of each change of state: by the outbox, in batches, and in nobody's way.

Context.save ──> task "notice", same transaction ──NOTICE_GAP_S──> batch ──> POST /v1/messages

A notice says what is so when it is sent: a change that was overtaken meanwhile is not told.
"""

from __future__ import annotations

from collections.abc import Sequence

from lending_service.context import Context
from lending_service.domain import Application, Repayment, Task

BATCH = 100  # as many as a provider takes at once
Message = dict[str, str]


class Notices:
    """Sends notices; whoever waits for anything does not wait for this."""

    def __init__(self, parts: Context) -> None:
        """Send nothing yet."""
        self._parts = parts

    async def send(self, tasks: Sequence[Task]) -> float | None:
        """Tell what is so now of everything that has changed.

        Returns:
            seconds until it is tried again, or None.
        """
        keys = dict.fromkeys(task.key for task in tasks)
        messages = [message for key in keys if (message := await self._message(key))]
        if not messages:
            return None
        called = await self._parts.policy.once(
            self._parts.notifier, "POST", "/v1/messages", {"messages": messages}
        )
        design = self._parts.design
        if called.body.get("accepted") == len(messages) or design.notices == "once":
            return None
        first_s, cap_s = design.queue_gap_s, design.queue_gap_cap_s
        return self._parts.pause_s(first_s, cap_s, tasks[0].attempts)

    async def _message(self, key: str) -> Message | None:
        """The word on an application or a repayment; its id is the same when it is sent again."""
        app = await self._parts.store.read(Application, key)
        if app is not None:
            id_ = f"{app.id}/{app.state.value}/{app.updated_s:.6f}"
            return _message(id_, key, app.borrower, app.state.value, app.message or "")
        repayment = await self._parts.store.read(Repayment, key)
        if repayment is None:
            return None
        return _message(f"{key}/{repayment.status}", key, repayment.borrower, repayment.status, "")


def _message(id_: str, reference: str, to: str, status: str, text: str) -> Message:
    named = {"message_id": id_, "reference": reference, "to": to}
    return {**named, "status": status, "text": text}
