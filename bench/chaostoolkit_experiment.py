"""Experiments for Chaos Toolkit: one fault on one link of Toxiproxy, undone under `rollbacks`.

Used by bench/undo_chaostoolkit.py.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

EXTENSION = "chaostoolkit-toxiproxy"
PROXY, TOXIC = "shop", "bench"
FAULT_S = 3.0  # how long the method leaves the fault in place
LATENCY_MS = 200  # the probe below gives up after 1 s, so it bears this
Document = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """How Chaos Toolkit is run: its options, and whether in a child made by uv."""

    name: str
    options: tuple[str, ...] = ()
    with_uv: bool = False


@dataclass(frozen=True)
class Ending:
    """How a run ends.

    Args:
        name: as the table shows it.
        faults: kinds of fault, taken in turn.
        hit_by: the signal; None lets the run come to its end.
        and_child: hit every process of the run.
        proxy: the one that the method names; another than PROXY cannot be injected.
        asks_proxy: the hypothesis reads the proxy's state instead of sending a request through it.
    """

    name: str
    faults: tuple[str, ...] = ("timeout", "latency", "down")
    hit_by: signal.Signals | None = None
    and_child: bool = False
    proxy: str = PROXY
    asks_proxy: bool = False


def python_call(name: str, kind: str, call: str, **arguments: object) -> Document:
    """An action or probe of the extension; `call` is module and function."""
    module, func = call.rsplit(".", 1)
    provider = {"type": "python", "module": f"chaostoxi.{module}", "func": func}
    return {"name": name, "type": kind, "provider": provider | {"arguments": arguments}}


def inject_and_undo(fault: str, proxy: str) -> tuple[Document, Document]:
    """The action that makes a fault and the one that takes it away."""
    if fault == "down":
        calls = ("proxy.actions.disable_proxy", "proxy.actions.enable_proxy")
        inject, undo = (python_call(call, "action", call, proxy_name=proxy) for call in calls)
        return inject, undo
    names = {"for_proxy": proxy, "toxic_name": TOXIC}
    value = {"timeout": 0} if fault == "timeout" else {"latency": LATENCY_MS}
    return (
        python_call("inject", "action", f"toxic.actions.create_{fault}_toxic", **names, **value),
        python_call("undo", "action", "toxic.actions.delete_toxic", **names),
    )


def experiment(ending: Ending, variant: Variant, fault: str, api: str, url: str) -> Document:
    """A whole experiment: hypothesis, one fault for FAULT_S, rollbacks."""
    inject, undo = inject_and_undo(fault, ending.proxy)
    ask = {"proxy_name": PROXY, "attribute": "enabled"}
    probe = python_call("enabled", "probe", "proxy.probes.get_proxy_attribute", **ask)
    request = {"type": "http", "url": url, "timeout": 1}
    through = {"name": "served", "type": "probe", "tolerance": 200, "provider": request}
    served = probe | {"tolerance": True} if ending.asks_proxy else through
    document = {
        "title": f"{fault} for {FAULT_S:g} s",
        "description": "One fault on one link.",
        "configuration": {"toxiproxy_url": api},
        "steady-state-hypothesis": {"title": "served", "probes": [served]},
        "method": [inject | {"pauses": {"after": FAULT_S}}],
        "rollbacks": [undo, python_call("reset", "action", "proxy.actions.reset")],
    }
    if variant.with_uv:
        document["runtime"] = {"python": {"dependencies": [EXTENSION]}}
    return document
