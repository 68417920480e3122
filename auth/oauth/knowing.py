"""Clients as Authlib asks about them, and how one proves who it is: `private_key_jwt` alone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from authlib.oauth2.rfc6749 import ClientMixin
from joserfc.jwk import Key
from sqlalchemy.orm import Session

from auth.oauth import store
from auth.oauth.assertions import (
    ASSERTION_TYPE,
    Assertion,
    BadAssertion,
    read_assertion,
    signer_among,
)
from auth.oauth.keysets import KeySets
from auth.oauth.provider import Provider
from auth.oauth.scopes import ABOUT_THE_PERSON, words
from auth.oauth.tables import Grant

CLIENT_AUTHENTICATION = "private_key_jwt"


class KnownClient(ClientMixin):
    """A living client: one that proved who it is, or the one of a request that was pushed."""

    def __init__(self, client_id: UUID, found: store.Found) -> None:
        self.id, self.agency_id, self.name = client_id, found.agency_id, found.name
        self.scopes, self.redirect_uris = found.scopes, found.redirect_uris
        self.grants = found.grants

    def get_client_id(self) -> str:
        return str(self.id)

    def get_default_redirect_uri(self) -> str | None:
        """None: the address is always named, so that it is always compared."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked for, else all it has; None when it asks for too much."""
        asked = words(scope)
        if not asked <= self.scopes | ABOUT_THE_PERSON:
            return None
        return " ".join(sorted(asked or self.scopes))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == CLIENT_AUTHENTICATION

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Whoever may come with codes may refresh what they gave."""
        return (
            Grant.AUTHORIZATION_CODE if grant_type == "refresh_token" else grant_type
        ) in self.grants


def read_claimed(form: Mapping[str, str], issuer: str, now: datetime) -> Assertion:
    """Who the client says it is; nobody has checked the signature yet."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise BadAssertion("no client assertion was sent")
    return read_assertion(form.get("client_assertion", ""), issuer=issuer, now=now)


def proved(
    db: Session, said: Assertion, form: Mapping[str, str], now: datetime, provider: Provider
) -> KnownClient:
    """The client whose key signed; its signature is checked before its dates are looked at."""
    found = store.find_client(db, said.client_id, now)
    signer = _signer(said, found, provider.key_sets)
    if signer is None:
        raise BadAssertion("the client is unknown or rests, or the key is none of its own")
    if not found.lives(now):
        raise BadAssertion("the client has ended or expired")
    if form.get("client_id", str(said.client_id)) != str(said.client_id):
        raise BadAssertion("client_id is another client than the assertion's")
    if not store.take_assertion(db, said.number, said.client_id, now):
        raise BadAssertion("the assertion has been used before")
    store.note_use(db, said.client_id, signer.thumbprint(), now)
    if not provider.for_development:
        secure = tuple(uri for uri in found.redirect_uris if uri.startswith("https:"))
        found = replace(found, redirect_uris=secure)
    return KnownClient(said.client_id, found)


def _signer(said: Assertion, found: store.Found, key_sets: KeySets) -> Key | None:
    """Also among the keys that the client shows itself; KeySetWanted when they must be fetched."""
    if found.jwks_uri is None:
        return signer_among(said, found.jwks)
    signer = signer_among(said, (*found.jwks, *key_sets.known(found.jwks_uri)))
    if signer is None:
        key_sets.look_again(found.jwks_uri)
    return signer


def named(db: Session, client_id: UUID, now: datetime) -> KnownClient | None:
    """A living client by its id."""
    found = store.find_client(db, client_id, now)
    return KnownClient(client_id, found) if found.lives(now) else None
