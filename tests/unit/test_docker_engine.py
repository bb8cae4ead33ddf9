"""What the engine refuses, in words that say what to do."""

from __future__ import annotations

from typing import NoReturn

import pytest
from docker.errors import APIError, ImageNotFound

from harness.errors import RuntimeFailure
from harness.runtimes.docker.engine import guarded

TAKEN = "driver failed: listen tcp4 127.0.0.1:20003: bind: address already in use"


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (APIError("500", explanation=TAKEN), "20003: bind: address already in use; .*try again"),
        (ImageNotFound("404", explanation="No such image: ours:1"), "ours:1; .*images build"),
    ],
)
def test_a_refusal_keeps_the_engines_words_and_adds_the_remedy(
    error: APIError, remedy: str
) -> None:
    """Place, cause, what to do."""

    def refuse() -> NoReturn:
        raise error

    with pytest.raises(RuntimeFailure, match=rf"^starting risk: .*{remedy}"):
        guarded("starting risk", refuse)
