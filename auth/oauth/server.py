"""Authlib's authorization server, run on the request's own connection in one transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, Response

from auth.oauth import grants, knowing
from auth.oauth.assertions import BadAssertion
from auth.oauth.errors import InvalidClientError, InvalidProofError, OAuth2Error, refuse
from auth.oauth.granted import Known
from auth.oauth.id_tokens import IdToken
from auth.oauth.knowing import CLIENT_AUTHENTICATION, KnownClient
from auth.oauth.proofs import BadProof, Proof, verify_proof
from auth.oauth.provider import ISSUED, REFUSED, Outcome, Provider
from auth.oauth.scopes import words
from auth.oauth.tokens import keep_delegated, keep_token, make_token

logging.getLogger("authlib.oauth2").setLevel(logging.INFO)  # its DEBUG lines hold tokens in clear


class Asking(OAuth2Request):
    """A request in Authlib's terms, with its one now and, at the token endpoint, its proof."""

    def __init__(
        self, url: str, parameters: dict[str, str], now: datetime, proof: Proof | None = None
    ) -> None:
        super().__init__("POST", url)
        self.payload = BasicOAuth2Payload(parameters)
        self.now, self.proof = now, proof
        self.known: Known | None = None

    @property
    def form(self) -> dict[str, str]:
        form: dict[str, str] = self.payload.data
        return form


class Server(AuthorizationServer):
    """Made for one request and its session; what it used up is committed with a refusal too."""

    def __init__(
        self, db: Session, provider: Provider, kind: str, request_id: UUID, *, basic: bool = False
    ) -> None:
        super().__init__()
        self.db, self.provider, self.kind, self.request_id = db, provider, kind, request_id
        self.basic = basic
        """The client used the Authorization header, in vain (RFC 6749 5.2)."""
        self.claimed: UUID | None = None
        self.client: KnownClient | None = None
        self.proof: Proof | None = None
        self.now = provider.now()
        self.register_client_auth_method(CLIENT_AUTHENTICATION, self.authenticate)
        self.register_token_generator("default", make_token)
        self.register_grant(grants.ClientCredentials)
        self.register_grant(grants.Code, [grants.Pkce(), IdToken(provider)])
        self.register_grant(grants.Refresh)

    def read_proof(self, sent: Sequence[str], path: str) -> Proof:
        """The DPoP proof of a POST to one of our endpoints."""
        try:
            url = self.provider.url(path)
            self.proof = verify_proof(sent, method="POST", url=url, now=self.now)
        except BadProof as error:
            raise InvalidProofError(str(error)) from error
        return self.proof

    def authenticate(self, _query: object, request: Asking) -> KnownClient:
        """`private_key_jwt`: the client hears one sentence for any failure, the audit the cause."""
        try:
            said = knowing.read_claimed(request.form, self.provider.issuer, self.now)
            self.claimed = said.client_id
            self.client = knowing.proved(self.db, said, request.form, self.now, self.provider)
        except BadAssertion as error:
            status = 401 if self.basic else 400
            refuse(
                InvalidClientError("Client authentication failed.", status_code=status), str(error)
            )
        return self.client

    def query_client(self, client_id: str) -> KnownClient | None:
        """The client that has proved itself, else a living one."""
        if self.client is None or str(self.client.id) != client_id:
            self.client = knowing.named(self.db, UUID(client_id), self.now)
        return self.client

    def save_token(self, token: dict[str, object], request: Asking) -> None:
        thumbprint = request.proof.thumbprint if request.proof else ""
        given = self.db, token, request.client, thumbprint, request.now
        if request.user and request.known:
            keep_delegated(*given, holder=request.user, known=request.known)
        else:
            keep_token(*given)
        self.note(ISSUED, request.payload.grant_type, token["scope"], holder=request.user)

    def refusal(self, error: OAuth2Error) -> Response:
        """To the client itself, never by way of a browser."""
        error.redirect_uri = error.state = None
        return self.handle_error_response(None, error)

    def handle_error_response(self, _request: object, error: OAuth2Error) -> Response:
        self.note(REFUSED, getattr(error, "reason", None) or error.description or error.error)
        return self.handle_response(*error())

    def handle_response(
        self, status: int, body: dict[str, object] | str, headers: list[tuple[str, str]]
    ) -> Response:
        return Redirection(headers) if status == 302 else JSONResponse(body, status, dict(headers))

    def note(self, outcome: str, reason: str, scopes: object = "", holder: object = None) -> None:
        line = Outcome(
            outcome,
            reason,
            self.request_id,
            self.claimed or (self.client and self.client.id),
            self.proof.thumbprint if self.proof else None,
            tuple(sorted(words(scopes))),
            self.kind,
            self.client and self.client.agency_id,
            getattr(holder, "person_id", None),
            getattr(holder, "membership_id", None),
        )
        self.provider.record(self.db, line)

    def create_oauth2_request(self, request: Asking) -> Asking:
        return request

    def send_signal(self, *_: object, **__: object) -> None:
        """Authlib's signals have no listeners here."""


class Redirection(Response):
    """Back to the client; its address is where Authlib's `iss` extension looks for it."""

    def __init__(self, headers: list[tuple[str, str]]) -> None:
        super().__init__(status_code=303, headers={"cache-control": "no-store"})
        self.location = dict(headers)["Location"]
