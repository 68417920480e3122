"""The userinfo endpoint: what a client may know of the person it acts for."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from auth.oauth import granting, store
from auth.oauth.granted import Holder
from auth.oauth.id_tokens import about
from auth.oauth.provider import REFUSED, USERINFO_PATH, Outcome, Provider
from auth.oauth.resource import Presented, Unauthorised, presented
from auth.oauth.scopes import OPENID
from auth.oauth.tables import AccessToken


def userinfo(
    db: Session, provider: Provider, method: str, headers: Headers, request_id: UUID
) -> Response:
    """Answer one request, by a token whose consent covers `openid`."""
    now = provider.now()
    try:
        url = provider.url(USERINFO_PATH)
        asked = presented(headers, method=method, url=url, now=now, request=request_id)
        holder, scopes = _opened(db, asked, now)
    except Unauthorised as refusal:
        line = Outcome(REFUSED, refusal.description, request_id, kind="userinfo")
        provider.record(db, line)
        body = {"error": refusal.error, "error_description": refusal.description}
        return JSONResponse(body if refusal.error else {}, refusal.status, dict(refusal.headers))
    return JSONResponse(about(holder, scopes), headers={"cache-control": "no-store"})


def _opened(db: Session, asked: Presented, now: datetime) -> tuple[Holder, frozenset[str]]:
    wanted = select(AccessToken).where(
        col(AccessToken.token_hash) == asked.token_hash,
        col(AccessToken.thumbprint) == asked.thumbprint,
        col(AccessToken.revoked_at).is_(None),
        col(AccessToken.expires_at) > now,
    )
    token = db.execute(wanted).scalar_one_or_none()
    if token is None or not store.take_proof(db, asked.proof, now):
        raise _invalid()
    if token.consent_id is None or OPENID not in token.scopes:
        raise Unauthorised("insufficient_scope", "This asks for the scope openid.", 403)
    holder = granting.holder(db, token.consent_id, now)
    if holder is None:
        raise _invalid()
    return holder, frozenset(token.scopes)


def _invalid() -> Unauthorised:
    return Unauthorised(
        "invalid_token", "The access token is not valid, or its proof has been used before."
    )
