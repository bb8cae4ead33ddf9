"""On which runtimes a target file runs, and why not on the others."""

from __future__ import annotations

from harness.target_file.document import TargetDocument

ASGI = "asgi: FILE.py:FUNCTION says how it is built in process"


def runtimes_of(document: TargetDocument) -> dict[str, str]:
    """Runtime -> why the file does not run there; "" for those on which it does."""
    no = dict.fromkeys(("sim", "process", "docker"), "")
    for name, one in document.programs.items():
        if one.compose is not None:
            no |= dict.fromkeys(("sim", "process"), f"{name} is a service of a compose file")
        elif one.kinds == ["command"]:
            no["docker"] = no["docker"] or f"{name} has no compose:"
            if one.command is None:
                no["process"] = f"{name} has no command:"
            if not one.asgi:
                no["sim"] = (
                    f"{name} is a program on sockets; in virtual time there are none: {ASGI}"
                )
        elif one.running or one.tcp:
            no |= dict.fromkeys(("sim", "docker"), f"{name} stands already, on real sockets")
        elif one.postgres:
            no["docker"] = f"{name} is postgres:; in containers it is a service of the compose file"
        elif one.stand_in and one.stand_in.tls:
            no |= dict.fromkeys(("sim", "docker"), f"{name} answers by https")
    if document.toxiproxy:
        no["sim"] = "its Toxiproxy stands already, on real sockets"
    if not any(one.compose is not None for one in document.programs.values()):
        no["docker"] = no["docker"] or "it has no compose:"
    return no
