"""What a stand-in is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mock_services.documents import InvalidDocument, S, read

ANY = "0.0.0.0"  # noqa: S104 - refused outside of containers


class Config(msgspec.Struct, frozen=True):
    """One stand-in: which program, under which name, where, with which seed.

    Args:
        kind: a name in `kinds.KINDS`.
        host: a loopback address; stand-ins are never reachable from another machine. In a
            container of its own also every address, `0.0.0.0`: it has a network of the run's.
        t0_ns: `time.monotonic_ns()` at the zero of the run clock.
        options: read by the program itself, see its `Options`.
        certificate: PEM file with key and chain: it answers by https too.
    """

    kind: str
    name: Annotated[str, Meta(min_length=1)]
    host: Literal["127.0.0.1", "::1", "localhost", "0.0.0.0"]
    port: Annotated[int, Meta(ge=1, le=65535)]
    t0_ns: int
    seed: int
    options: dict[str, object] = {}
    certificate: str = ""


def read_config(
    raw: object, options: Mapping[str, type[msgspec.Struct]], *, in_container: bool = False
) -> Config:
    """Read a config and its options.

    Args:
        raw: the decoded JSON document.
        options: kind of stand-in -> its options struct.
        in_container: whether it may listen on every address.

    Raises:
        InvalidDocument: with every problem of the config and of its options.
    """
    problems: list[str] = []
    config = read(Config, raw, "", problems)
    if isinstance(raw, Mapping) and isinstance(kind := raw.get("kind"), str):
        if kind in options:
            read(options[kind], raw.get("options", {}), "options", problems)
        else:
            problems.append(f"kind: got {kind!r}; allowed: {', '.join(options)}")
    if config is not None and config.host == ANY and not in_container:
        problems.append(f"host: got {ANY}, need a loopback address such as 127.0.0.1")
    if config is None or problems:
        raise InvalidDocument(problems)
    return config


def options_of(config: Config, kind: type[S]) -> S:
    """Read the options of a program.

    Raises:
        InvalidDocument: with every problem found.
    """
    problems: list[str] = []
    options = read(kind, config.options, "options", problems)
    if options is None:
        raise InvalidDocument(problems)
    return options
