"""Answers by way of the browser: a code or an error, always with `iss` (RFC 9207)."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from authlib.oauth2.rfc9207 import IssuerParameter
from sqlalchemy.orm import Session
from starlette.responses import Response

from auth.oauth import granting
from auth.oauth.errors import OAuth2Error
from auth.oauth.granted import Known
from auth.oauth.provider import AUTHORIZE_PATH, ISSUED, Provider
from auth.oauth.server import Asking, Redirection, Server

KIND = "authorization"
WORDS = {
    "access_denied": "The person, or the portal for them, said no.",
    "login_required": "The person has to sign in.",
    "consent_required": "The person has to be asked.",
    "account_selection_required": "The person has to choose a membership.",
    "unmet_authentication_requirements": "The portal knows no such way to sign in.",
    "invalid_scope": "Nothing that was asked for can be given today.",
}


class Issuer(IssuerParameter):
    """Names us in every answer, refusals too."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def get_issuer(self) -> str:
        return self.issuer


@dataclass(frozen=True)
class Said:
    """A person's yes to a pushed request."""

    name_hash: bytes
    parameters: Mapping[str, str]
    known: Known
    membership_id: UUID
    person_id: UUID
    provider_id: UUID | None
    scopes: frozenset[str]


class Deciding(Asking):
    """The pushed request again, with what was decided."""

    def __init__(self, server: Server, parameters: Mapping[str, str]) -> None:
        super().__init__(server.provider.url(AUTHORIZE_PATH), dict(parameters), server.now)
        self.name_hash: bytes = b""
        self.consent_id: UUID | None = None


def consented(db: Session, provider: Provider, request_id: UUID, said: Said) -> str:
    """The consent is kept; the address to go on to carries the code."""
    server = _server(db, provider, request_id)
    asking = Deciding(server, said.parameters)
    grant = server.get_authorization_grant(asking)
    asking.known, asking.name_hash = said.known, said.name_hash
    asking.consent_id = granting.give_consent(
        db,
        client_id=UUID(said.parameters["client_id"]),
        membership_id=said.membership_id,
        person_id=said.person_id,
        provider_id=said.provider_id,
        scopes=said.scopes,
        now=server.now,
    )
    response = server.create_authorization_response(asking, grant_user=said, grant=grant)
    server.note(ISSUED, "the person consented", " ".join(said.scopes), holder=said)
    return _address(response)


def refused(
    db: Session, provider: Provider, request_id: UUID, parameters: Mapping[str, str], error: str
) -> str:
    """The address to go on to, with the error."""
    server = _server(db, provider, request_id)
    server.query_client(parameters["client_id"])
    refusal = OAuth2Error(
        WORDS[error],
        error=error,
        redirect_uri=parameters["redirect_uri"],
        state=parameters.get("state"),
    )
    response = server.handle_error_response(None, refusal)
    Issuer(provider.issuer).add_issuer_parameter(server, response)
    return _address(response)


def _server(db: Session, provider: Provider, request_id: UUID) -> Server:
    server = Server(db, provider, KIND, request_id)
    server.register_extension(Issuer(provider.issuer))
    return server


def _address(response: Response) -> str:
    """Where to; a client that ended while its person was deciding has nowhere."""
    return response.location if isinstance(response, Redirection) else "/"
