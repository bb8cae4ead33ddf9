"""Whom the load asks, and by which links: the same on every runtime."""

from __future__ import annotations

from harness.target import Target, entry_service


def entries(target: Target) -> dict[str, str]:
    """Who is asked by the load beside the service under test -> the link by which it is."""
    service = entry_service(target)
    load = next(link.caller for link in target.links if link.name == target.entry)
    return {
        link.callee: link.name
        for link in target.links
        if link.caller == load and link.callee != service
    }
