"""Every kind of stand-in that there is: one line a kind, for sockets and for the simulation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec
from starlette.types import ASGIApp

from mock_services import (
    funding_provider,
    mapping,
    notification,
    payment_gateway,
    policy,
    risk_engine,
    status_page,
)
from mock_services.config import Config
from mock_services.stand_in import World


class Kind(msgspec.Struct, frozen=True):
    """A kind of stand-in.

    Args:
        options: what its configuration may say under `options`.
        build: makes it.
        calls_back: whether it ever calls somebody.
    """

    options: type[msgspec.Struct]
    build: Callable[[Config, World], ASGIApp]
    calls_back: bool = False


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "payment_gateway": Kind(payment_gateway.Options, payment_gateway.build, calls_back=True),
        "risk_engine": Kind(risk_engine.Options, risk_engine.build),
        "funding_provider": Kind(funding_provider.Options, funding_provider.build),
        "notification": Kind(notification.Options, notification.build),
        "policy": Kind(policy.Options, policy.build),
        "status_page": Kind(status_page.Options, status_page.build),
        "mapping": Kind(mapping.Options, mapping.build, calls_back=True),
    }
)
