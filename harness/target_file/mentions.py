"""What a target file mentions anywhere: variables of the environment, headers of answers."""

from __future__ import annotations

from collections.abc import Iterator

from harness.target_file.document import TargetDocument
from harness.target_file.holes import named_headers, texts_of, variables


def variables_of(document: TargetDocument) -> Iterator[str]:
    """Variables of the caller's environment that anything of the file names."""
    for program in document.programs.values():
        password = program.sql.password if program.sql else ""
        for text in (password, *(program.command or []), *map(str, program.env.values())):
            yield from variables(text)
    for operation in document.operations.values():
        for text in texts_of([operation.texts[key] for key in ("body", "headers", "auth")]):
            yield from variables(text)


def wanted_headers(document: TargetDocument) -> frozenset[str]:
    """Headers of answers that anything of the file names."""
    settled = document.settled_when
    selectors = [*settled.with_.values(), *settled.where.values()] if settled else []
    for steps in document.journeys.values():
        for step in steps:
            selectors += [*step.keep.values(), *step.go_on_if]
    for promise in document.promises.values():
        selectors += [*promise.with_.values(), *promise.equal, *promise.equal.values()]
    return named_headers(selectors)
