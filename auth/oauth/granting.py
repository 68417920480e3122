"""Storing what a person lets a client do, and taking each step of it once."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select, text, update
from sqlalchemy.orm import Session
from sqlmodel import col

from auth.oauth.consents import (
    CODE_LIFE,
    CONSENT_LIFE,
    PUSHED_LIFE,
    SIGNING_IN,
    AuthorizationCode,
    Consent,
    PushedRequest,
    RefreshToken,
)
from auth.oauth.granted import Holder, Known, Redeemed, Refreshing
from auth.oauth.proofs import hash_token

LONDON = ZoneInfo("Europe/London")


def keep_pushed(
    db: Session, name: str, parameters: Mapping[str, str], thumbprint: str | None, now: datetime
) -> None:
    """Keep a client's request under its name."""
    kept = PushedRequest(
        name_hash=hash_token(name),
        client_id=UUID(parameters["client_id"]),
        parameters=dict(parameters),
        thumbprint=thumbprint,
        pushed_at=now,
        expires_at=now + PUSHED_LIFE,
    )
    db.add(kept)
    db.flush()


def open_pushed(db: Session, name: str, client_id: UUID, now: datetime) -> PushedRequest | None:
    """The client's request, which its person now has some time to answer; None when it is over."""
    first = col(PushedRequest.opened_at).is_(None)
    opened = (
        update(PushedRequest)
        .where(
            col(PushedRequest.name_hash) == hash_token(name),
            col(PushedRequest.client_id) == client_id,
            col(PushedRequest.used_at).is_(None),
            col(PushedRequest.expires_at) > now,
        )
        .values(
            opened_at=func.coalesce(col(PushedRequest.opened_at), now),
            expires_at=case((first, now + SIGNING_IN), else_=col(PushedRequest.expires_at)),
        )
        .returning(PushedRequest)
        .execution_options(synchronize_session=False)
    )
    return db.execute(opened).scalar_one_or_none()


def take_pushed(db: Session, name_hash: bytes, now: datetime) -> bool:
    """Whether the request was still to be answered; of any number at once, one hears yes."""
    taken = (
        update(PushedRequest)
        .where(
            col(PushedRequest.name_hash) == name_hash,
            col(PushedRequest.opened_at).is_not(None),
            col(PushedRequest.used_at).is_(None),
            col(PushedRequest.expires_at) > now,
        )
        .values(used_at=now)
        .returning(col(PushedRequest.client_id))
        .execution_options(synchronize_session=False)
    )
    return db.execute(taken).first() is not None


def give_consent(  # noqa: PLR0913 - a consent has this many sides
    db: Session,
    *,
    client_id: UUID,
    membership_id: UUID,
    person_id: UUID,
    provider_id: UUID | None,
    scopes: Collection[str],
    now: datetime,
) -> UUID:
    """The database refuses a client of another agency than the membership's."""
    given = Consent(
        client_id=client_id,
        membership_id=membership_id,
        person_id=person_id,
        provider_id=provider_id,
        scopes=sorted(scopes),
        given_at=now,
        expires_at=now + CONSENT_LIFE,
    )
    db.add(given)
    db.flush()
    return given.id


def keep_code(  # noqa: PLR0913 - a code has this many sides
    db: Session, code: str, *, request: bytes, consent_id: UUID, known: Known, now: datetime
) -> None:
    """A code for the consent that was given to this request."""
    kept = AuthorizationCode(
        code_hash=hash_token(code),
        request_hash=request,
        consent_id=consent_id,
        acr=known.acr,
        amr=list(known.amr),
        authenticated_at=known.authenticated_at,
        issued_at=now,
        expires_at=now + CODE_LIFE,
    )
    db.add(kept)
    db.flush()


def take_code(db: Session, code: str, client_id: UUID, now: datetime) -> Redeemed | None:
    """The client's own code, if it was unused until now; expired ones are used up as well."""
    taken = (
        update(AuthorizationCode)
        .where(
            col(AuthorizationCode.code_hash) == hash_token(code),
            col(AuthorizationCode.used_at).is_(None),
            col(AuthorizationCode.request_hash) == col(PushedRequest.name_hash),
            col(AuthorizationCode.consent_id) == col(Consent.id),
            col(Consent.client_id) == client_id,
        )
        .values(used_at=now)
        .returning(
            col(AuthorizationCode.consent_id),
            col(AuthorizationCode.acr),
            col(AuthorizationCode.amr),
            col(AuthorizationCode.authenticated_at),
            col(AuthorizationCode.expires_at),
            col(PushedRequest.parameters),
            col(PushedRequest.thumbprint),
            col(Consent.scopes),
        )
        .execution_options(synchronize_session=False)
    )
    found = db.execute(taken).first()
    if found is None:
        return None
    known = Known(found.acr, tuple(found.amr), found.authenticated_at)
    return Redeemed(
        found.consent_id,
        known,
        found.parameters,
        found.thumbprint,
        found.expires_at,
        frozenset(found.scopes),
    )


def end_consent_of_code(db: Session, code: str, client_id: UUID, now: datetime) -> bool:
    """A code came again: whatever was given for it ends (RFC 6749 4.1.2). Whether there was any."""
    ended = (
        update(Consent)
        .where(
            col(AuthorizationCode.code_hash) == hash_token(code),
            col(AuthorizationCode.consent_id) == col(Consent.id),
            col(Consent.client_id) == client_id,
            col(Consent.ended_at).is_(None),
        )
        .values(ended_at=now)
        .returning(col(Consent.id))
        .execution_options(synchronize_session=False)
    )
    return db.execute(ended).first() is not None


def end_consent(db: Session, consent_id: UUID, now: datetime) -> None:
    """Its tokens are refused from the next request on."""
    ended = update(Consent).where(col(Consent.id) == consent_id, col(Consent.ended_at).is_(None))
    db.execute(ended.values(ended_at=now).execution_options(synchronize_session=False))


def keep_refresh(db: Session, token: str, consent_id: UUID, known: Known, now: datetime) -> None:
    """By its hash."""
    kept = RefreshToken(
        token_hash=hash_token(token),
        consent_id=consent_id,
        acr=known.acr,
        authenticated_at=known.authenticated_at,
        issued_at=now,
    )
    db.add(kept)
    db.flush()


def find_refresh(db: Session, token: str) -> Refreshing | None:
    """Whose it is; whether its consent lives, `holder` says."""
    found = db.execute(
        select(RefreshToken, Consent)
        .join(Consent, col(Consent.id) == col(RefreshToken.consent_id))
        .where(col(RefreshToken.token_hash) == hash_token(token))
    ).first()
    if found is None:
        return None
    kept, consent = found
    known = Known(kept.acr, (), kept.authenticated_at)
    return Refreshing(consent.id, consent.client_id, known, frozenset(consent.scopes))


_HOLDER = text("""
    SELECT c.id, c.client_id, c.person_id, c.membership_id, who.agency_id, c.scopes,
           (SELECT n.name FROM membership_name n JOIN agency a ON a.id = who.agency_id
            WHERE n.membership_id = c.membership_id AND a.shows_names) AS name
    FROM consent c CROSS JOIN LATERAL principal_today(c.membership_id, :today) who
    WHERE c.id = :consent AND c.ended_at IS NULL AND c.expires_at > :now
      AND consented(c.id, c.scopes, :today) IS NOT NULL
    FOR SHARE OF c
""")


def holder(db: Session, consent_id: UUID, now: datetime) -> Holder | None:
    """Whom a living consent speaks for; until the transaction ends, it cannot end either."""
    given = {"consent": consent_id, "now": now, "today": now.astimezone(LONDON).date()}
    found = db.execute(_HOLDER, given).first()
    if found is None:
        return None
    return Holder(
        found.id,
        found.client_id,
        found.person_id,
        found.membership_id,
        found.agency_id,
        frozenset(found.scopes),
        found.name,
    )


def allowed(db: Session, principal: UUID, now: datetime) -> tuple[UUID, frozenset[str]] | None:
    """The agency and the scopes of today of a membership or a client; None for neither."""
    found = db.execute(
        text("SELECT agency_id, scopes FROM principal_today(:who, :today)"),
        {"who": principal, "today": now.astimezone(LONDON).date()},
    ).first()
    return (found.agency_id, frozenset(found.scopes)) if found else None
