"""Revocation (RFC 7009): a client gives back a token; with a refresh token, all it was let do."""

from authlib.oauth2.rfc7009 import RevocationEndpoint
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from sqlmodel import col
from starlette.responses import Response

from auth.oauth import granting
from auth.oauth.errors import InvalidRequestError
from auth.oauth.form import Asked, BadForm
from auth.oauth.granted import Refreshing
from auth.oauth.knowing import CLIENT_AUTHENTICATION, KnownClient
from auth.oauth.proofs import hash_token
from auth.oauth.provider import REVOKE_PATH, Provider
from auth.oauth.server import Asking, Server
from auth.oauth.tables import AccessToken


class Given(RevocationEndpoint):
    """The hint about the kind of token is of no use: one hash finds either."""

    CLIENT_AUTH_METHODS = (CLIENT_AUTHENTICATION,)

    def query_token(self, token: str, _hint: str | None) -> "Refreshing | Mine | None":
        db: Session = self.server.db
        return granting.find_refresh(db, token) or find_access(db, token)

    def check_params(self, _request: object, _client: object) -> None:
        """`revoke` has seen that there is a token; a hint that is not known is ignored."""

    def revoke_token(self, token: "Refreshing | Mine", request: Asking) -> None:
        if isinstance(token, Refreshing):
            granting.end_consent(self.server.db, token.consent_id, request.now)
        else:
            token.revoke(self.server.db, request)
        self.server.note("revoked", "by its client")


class Mine:
    """An access token, as Authlib asks about it."""

    def __init__(self, kept: AccessToken) -> None:
        self.kept = kept

    def check_client(self, client: KnownClient) -> bool:
        return self.kept.client_id == client.id

    def revoke(self, db: Session, request: Asking) -> None:
        living = update(AccessToken).where(
            col(AccessToken.token_hash) == self.kept.token_hash,
            col(AccessToken.revoked_at).is_(None),
        )
        db.execute(living.values(revoked_at=request.now))


def find_access(db: Session, token: str) -> Mine | None:
    """By its hash."""
    wanted = select(AccessToken).where(col(AccessToken.token_hash) == hash_token(token))
    found = db.execute(wanted).scalar_one_or_none()
    return Mine(found) if found else None


def revoke(db: Session, provider: Provider, asked: Asked) -> Response:
    """Answer one request; a token that nobody knows is as good as revoked."""
    basic = "authorization" in asked.headers
    server = Server(db, provider, "revocation", asked.request_id, basic=basic)
    try:
        form = asked.form("token")
    except BadForm as error:
        return server.refusal(InvalidRequestError(str(error)))
    server.register_endpoint(Given)
    asking = Asking(provider.url(REVOKE_PATH), form, server.now)
    answer: Response = server.create_endpoint_response("revocation", asking)
    return answer
