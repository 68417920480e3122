"""The three grants there are: a program as itself, a code with PKCE, a refresh token."""

from hmac import compare_digest
from secrets import token_urlsafe
from uuid import UUID

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc7636 import CodeChallenge

from auth.oauth import granting, store
from auth.oauth.errors import (
    InvalidGrantError,
    InvalidProofError,
    InvalidRequestError,
    InvalidScopeError,
    refuse,
)
from auth.oauth.granted import Holder, Redeemed, Refreshing
from auth.oauth.knowing import CLIENT_AUTHENTICATION, KnownClient
from auth.oauth.scopes import words

S256 = "S256"
_CHALLENGE = 43


class Proved:
    """What all three ask of a client: its signed statement, and a proof that is new."""

    TOKEN_ENDPOINT_AUTH_METHODS = (CLIENT_AUTHENTICATION,)

    def authenticate_token_endpoint_client(self) -> KnownClient:
        client: KnownClient = super().authenticate_token_endpoint_client()  # type: ignore[misc]
        server, request = self.server, self.request  # type: ignore[attr-defined]
        if not store.take_proof(server.db, request.proof.proof, request.now):
            raise InvalidProofError("The DPoP proof has been used before.")
        return client

    def holder_of(self, consent_id: UUID) -> Holder | None:
        server, request = self.server, self.request  # type: ignore[attr-defined]
        return granting.holder(server.db, consent_id, request.now)


class ClientCredentials(Proved, grants.ClientCredentialsGrant):
    """A program acts as itself."""

    def validate_requested_scope(self) -> None:
        """Authlib does not look at the client's own scopes."""
        if not words(self.request.payload.scope) <= self.client.scopes:
            raise InvalidScopeError()


class Code(Proved, grants.AuthorizationCodeGrant):
    """A program acts for a person who has consented."""

    @staticmethod
    def validate_authorization_redirect_uri(request: object, client: KnownClient) -> str:
        """Authlib's own words would repeat what was sent."""
        sent: str | None = request.payload.redirect_uri  # type: ignore[attr-defined]
        if not sent:
            raise InvalidRequestError("Send a redirect_uri.")
        if not client.check_redirect_uri(sent):
            raise InvalidRequestError("The redirect_uri is not one of the client's, to the letter.")
        return sent

    def generate_authorization_code(self) -> str:
        return token_urlsafe(32)

    def save_authorization_code(self, code: str, request: object) -> None:
        """`request` is the one that auth/oauth/answers.py makes."""
        granting.keep_code(
            self.server.db,
            code,
            request=request.name_hash,  # type: ignore[attr-defined]
            consent_id=request.consent_id,  # type: ignore[attr-defined]
            known=request.known,  # type: ignore[attr-defined]
            now=self.request.now,
        )

    def query_authorization_code(self, code: str, client: KnownClient) -> Redeemed:
        """Taken by this question, whatever comes of it: no code is tried twice."""
        db, now = self.server.db, self.request.now
        taken = granting.take_code(db, code, client.id, now)
        if taken is None:
            again = granting.end_consent_of_code(db, code, client.id, now)
            why = "the code was used before: its consent has ended" if again else "no such code"
            refuse(InvalidGrantError("The code is not valid."), why)
        if taken.expires_at <= now:
            refuse(InvalidGrantError("The code is not valid."), "the code has expired")
        bound = taken.thumbprint or self.request.proof.thumbprint
        if not compare_digest(bound, self.request.proof.thumbprint):
            raise InvalidGrantError("The code is bound to another DPoP key.")
        return taken

    def authenticate_user(self, code: Redeemed) -> Holder | None:
        self.request.known = code.known
        return self.holder_of(code.consent_id)

    def delete_authorization_code(self, _code: Redeemed) -> None:
        """It stays, used, so that its second use is noticed."""


class Refresh(Proved, grants.RefreshTokenGrant):
    """Without rotation: the token is good for its client alone, who signs each request."""

    def authenticate_refresh_token(self, token: str) -> Refreshing | None:
        return granting.find_refresh(self.server.db, token)

    def authenticate_user(self, refreshing: Refreshing) -> Holder:
        self.request.known = refreshing.known
        found = self.holder_of(refreshing.consent_id)
        if found is None:  # Authlib would call it a bad request
            refuse(InvalidGrantError(), "the consent, or what it rests on, has ended")
        return found

    def revoke_old_credential(self, _refreshing: Refreshing) -> None:
        """FAPI 2.0 5.3.2.1: no rotation."""


class Pkce(CodeChallenge):
    """RFC 7636 with S256, always: Authlib asks for it of public clients only, and takes `plain`."""

    SUPPORTED_CODE_CHALLENGE_METHOD = (S256,)

    def validate_code_challenge(self, grant: Code, redirect_uri: object) -> None:
        sent = grant.request.payload.data
        if sent.get("code_challenge_method") != S256:
            raise InvalidRequestError("Send a code_challenge, with the code_challenge_method S256.")
        if len(sent.get("code_challenge", "")) != _CHALLENGE:
            raise InvalidRequestError("Send a code_challenge of 43 characters.")
        super().validate_code_challenge(grant, redirect_uri)
