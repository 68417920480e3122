"""What every page has at hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from jinja2 import Environment
from starlette.requests import Request

from auth.accounts.proofs import Doorkeeper
from auth.federation.federation import Federation
from auth.keys.ring import KeyRing
from auth.oauth.provider import Provider
from portal.clock import Clock
from portal.edge.documents import Document
from portal.edge.library import Library
from portal.edge.router import Edge
from portal.schema import Schema
from portal.settings import Settings
from portal.store.engines import Engines


@dataclass(frozen=True)
class Site:
    """The portal, as its pages see it."""

    settings: Settings
    engines: Engines
    schema: Schema
    library: Library
    edge: Edge
    provider: Provider
    keyring: KeyRing
    doorkeeper: Doorkeeper
    federation: Federation
    clock: Clock
    documents: Mapping[str, Document]
    templates: Environment
    sample: bool = False
    """Whether this is the demonstration, on the sample's own database: `portal demo` says so."""


def site_of(request: Request) -> Site:
    """The site a request was sent to."""
    site: Site = request.app.state.site
    return site


async def _here(request: Request) -> Site:
    """Asynchronous, or FastAPI would ask a thread for it, which takes longer than many a page."""
    return site_of(request)


Here = Annotated[Site, Depends(_here)]
"""A handler's parameter `site: Here` is the site."""
