"""Puts together how people sign in at an OpenID provider."""

from __future__ import annotations

from adapters.oidc.service import OpenId
from mpi.domain.network import Network
from mpi.ports import Clock, Units
from mpi.providers import load_provider
from mpi.review.bench import ProviderDoor
from mpi.settings import Settings
from mpi.usecases.entrance.visiting import Visiting


def compose_provider(units: Units, clock: Clock, network: Network, settings: Settings) -> ProviderDoor | None:
    """The provider of the settings, None without one."""
    provider = load_provider(settings, network)
    if provider is None:
        return None
    return ProviderDoor(provider, OpenId(provider, clock.now), Visiting(units, clock, network, provider))
