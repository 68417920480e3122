"""Authlib's authorization server, run on the request's own connection in one transaction."""

import logging
from datetime import datetime, timedelta
from secrets import token_urlsafe
from uuid import UUID

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    OAuth2Error,
    OAuth2Request,
    grants,
)
from authlib.oauth2.rfc6749.errors import (
    InvalidClientError,
    InvalidRequestError,
    InvalidScopeError,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse

from auth.oauth import store
from auth.oauth.assertions import ASSERTION_TYPE, BadAssertion, read_assertion, signed_by_one_of
from auth.oauth.form import Asked, BadForm
from auth.oauth.proofs import BadProof, Proof, hash_token, verify_proof
from auth.oauth.provider import Outcome, Provider
from auth.oauth.tables import AccessToken, PrincipalKind

TOKEN_LIFE = timedelta(minutes=5)
CLIENT_AUTHENTICATION = "private_key_jwt"

logging.getLogger("authlib.oauth2").setLevel(logging.INFO)  # its DEBUG lines hold tokens in clear


class InvalidProofError(OAuth2Error):
    """RFC 9449 5: the DPoP proof is missing, wrong or used."""

    error = "invalid_dpop_proof"


class TokenRequest(OAuth2Request):
    """The request in Authlib's terms, with its verified proof and its one now."""

    def __init__(self, url: str, form: dict[str, str], proof: Proof, now: datetime) -> None:
        super().__init__("POST", url)
        self.payload = BasicOAuth2Payload(form)
        self.proof = proof
        self.now = now


class KnownClient(ClientMixin):
    """A client that has proved who it is."""

    def __init__(self, client_id: UUID, scopes: frozenset[str]) -> None:
        self.id, self.scopes = client_id, scopes

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == CLIENT_AUTHENTICATION

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class ClientCredentials(grants.ClientCredentialsGrant):
    """A program acts as itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = (CLIENT_AUTHENTICATION,)

    def validate_token_request(self) -> None:
        super().validate_token_request()
        if not store.take_proof(self.server.db, self.request.proof.proof, self.request.now):
            raise InvalidProofError("The DPoP proof has been used before.")

    def validate_requested_scope(self) -> None:
        """Authlib does not look at the client's own scopes."""
        if not _words(self.request.payload.scope) <= self.client.scopes:
            raise InvalidScopeError()


class Server(AuthorizationServer):
    """Made for one request and its session; what it used up is committed with a refusal too."""

    def __init__(self, db: Session, provider: Provider, asked: Asked) -> None:
        super().__init__()
        self.db, self.provider, self.asked = db, provider, asked
        self.claimed: UUID | None = None
        self.proof: Proof | None = None
        self.register_client_auth_method(CLIENT_AUTHENTICATION, self.authenticate)
        self.register_token_generator("default", make_token)
        self.register_grant(ClientCredentials)

    def token(self) -> JSONResponse:
        """Answer a request to the token endpoint."""
        now, url = self.provider.now(), self.provider.token_url
        try:
            form = self.asked.form()
            sent = self.asked.headers.getlist("dpop")
            self.proof = verify_proof(sent, method="POST", url=url, now=now)
        except BadForm as error:
            return self.handle_error_response(None, InvalidRequestError(str(error)))
        except BadProof as error:
            return self.handle_error_response(None, InvalidProofError(str(error)))
        answer: JSONResponse = self.create_token_response(TokenRequest(url, form, self.proof, now))
        return answer

    def authenticate(self, _query: object, request: TokenRequest) -> KnownClient:
        """`private_key_jwt`: the client hears one sentence for any failure, the audit the cause."""
        try:
            return self.client_of(request.payload.data, request.now)
        except BadAssertion as error:
            # 401 only for a client that used the Authorization header (RFC 6749 5.2)
            status = 401 if "authorization" in self.asked.headers else 400
            refusal = InvalidClientError("Client authentication failed.", status_code=status)
            refusal.reason = str(error)
            raise refusal from error

    def client_of(self, form: dict[str, str], now: datetime) -> KnownClient:
        """The client whose key signed; its signature is checked before its dates are looked at."""
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise BadAssertion("no client assertion was sent")
        said = read_assertion(
            form.get("client_assertion", ""), issuer=self.provider.issuer, now=now
        )
        self.claimed = said.client_id
        found = store.find_client(self.db, said.client_id, now)
        if not signed_by_one_of(said, found.jwks):
            raise BadAssertion("the client is unknown, or the key is not one of its keys")
        if not found.lives(now):
            raise BadAssertion("the client has ended or expired")
        if form.get("client_id", str(said.client_id)) != str(said.client_id):
            raise BadAssertion("client_id is another client than the assertion's")
        if not store.take_assertion(self.db, said.number, said.client_id, now):
            raise BadAssertion("the assertion has been used before")
        return KnownClient(said.client_id, found.scopes)

    def save_token(self, token: dict[str, object], request: TokenRequest) -> None:
        scopes = sorted(_words(token["scope"]))
        kept = AccessToken(
            token_hash=hash_token(str(token["access_token"])),
            principal_id=request.client.id,
            kind=PrincipalKind.CLIENT,
            client_id=request.client.id,
            thumbprint=request.proof.thumbprint,
            scopes=scopes,
            issued_at=request.now,
            expires_at=request.now + TOKEN_LIFE,
        )
        self.db.add(kept)
        self.db.flush()
        self.note("issued", request.payload.grant_type, tuple(scopes))

    def handle_error_response(self, _request: object, error: OAuth2Error) -> JSONResponse:
        self.note("refused", getattr(error, "reason", None) or error.description or error.error)
        return self.handle_response(*error())

    def handle_response(
        self, status: int, body: dict[str, object], headers: list[tuple[str, str]]
    ) -> JSONResponse:
        return JSONResponse(body, status, dict(headers))

    def note(self, outcome: str, reason: str, scopes: tuple[str, ...] = ()) -> None:
        thumbprint = self.proof.thumbprint if self.proof else None
        line = Outcome(outcome, reason, self.asked.request_id, self.claimed, thumbprint, scopes)
        self.provider.record(self.db, line)

    def create_oauth2_request(self, request: TokenRequest) -> TokenRequest:
        return request

    def send_signal(self, *_: object, **__: object) -> None:
        """Authlib's signals have no listeners here."""


def make_token(*, client: KnownClient, scope: str | None, **_: object) -> dict[str, object]:
    """256 random bits that mean nothing outside our own table."""
    granted = _words(scope) or client.scopes
    return {
        "access_token": token_urlsafe(32),
        "token_type": "DPoP",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": " ".join(sorted(granted)),
    }


def _words(scope: object) -> frozenset[str]:
    return frozenset(str(scope or "").split())
