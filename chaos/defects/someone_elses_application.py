"""A read answers with what was read last."""

from __future__ import annotations

from unittest.mock import patch

from harness.self_test.defects import Defect
from lending_service import handlers
from lending_service.domain import Application
from lending_service.replies import application_view


class LastSeen:
    """Views lag by one reader."""

    def __init__(self) -> None:
        self._last: Application | None = None

    def __call__(self, app: Application) -> dict[str, object]:
        """The view of the application that was read before this one."""
        shown, self._last = self._last or app, app
        return {**application_view(shown), "application_id": app.id}


DEFECT = Defect(
    name="someone_elses_application",
    about="A borrower reads the application of whoever read before.",
    expects=("answers_are_ones_own",),
    plant=lambda: patch.object(handlers, "application_view", LastSeen()),
)
