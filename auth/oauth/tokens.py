"""Making tokens: random bits that mean nothing outside our own tables."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from secrets import token_urlsafe

from sqlalchemy.orm import Session

from auth.oauth.granted import Holder, Known
from auth.oauth.granting import keep_refresh
from auth.oauth.knowing import KnownClient
from auth.oauth.proofs import hash_token
from auth.oauth.scopes import OFFLINE, words
from auth.oauth.tables import AccessToken, PrincipalKind

TOKEN_LIFE = timedelta(minutes=5)


def make_token(
    *,
    client: KnownClient,
    scope: str | None,
    user: Holder | None = None,
    include_refresh_token: bool = False,
    **_: object,
) -> dict[str, object]:
    """The answer's text; `user` is None where a client acts as itself."""
    granted = words(scope) or (user or client).scopes
    made: dict[str, object] = {
        "access_token": token_urlsafe(32),
        "token_type": "DPoP",
        "expires_in": int(TOKEN_LIFE.total_seconds()),
        "scope": " ".join(sorted(granted)),
    }
    if user and include_refresh_token and OFFLINE in granted:
        made["refresh_token"] = token_urlsafe(32)
    return made


def keep_token(
    db: Session, made: Mapping[str, object], client: KnownClient, thumbprint: str, now: datetime
) -> None:
    """A client's own token, by its hash."""
    db.add(_kept(made, client, thumbprint, now))
    db.flush()


def keep_delegated(  # noqa: PLR0913 - a token has this many sides
    db: Session,
    made: Mapping[str, object],
    client: KnownClient,
    thumbprint: str,
    now: datetime,
    *,
    holder: Holder,
    known: Known,
) -> None:
    """A token that speaks for a membership, and its refresh token if it has one."""
    kept = _kept(made, client, thumbprint, now)
    kept.kind, kept.principal_id = PrincipalKind.MEMBERSHIP, holder.membership_id
    kept.consent_id = holder.consent_id
    kept.acr, kept.authenticated_at = known.acr, known.authenticated_at
    db.add(kept)
    db.flush()
    if refresh := made.get("refresh_token"):
        keep_refresh(db, str(refresh), holder.consent_id, known, now)


def _kept(
    made: Mapping[str, object], client: KnownClient, thumbprint: str, now: datetime
) -> AccessToken:
    return AccessToken(
        token_hash=hash_token(str(made["access_token"])),
        principal_id=client.id,
        kind=PrincipalKind.CLIENT,
        client_id=client.id,
        thumbprint=thumbprint,
        scopes=sorted(words(made["scope"])),
        issued_at=now,
        expires_at=now + TOKEN_LIFE,
    )
