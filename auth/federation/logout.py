"""A provider signs somebody out (OpenID Connect Back-Channel Logout 1.0)."""

from uuid import UUID

from sqlalchemy import ColumnElement, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from auth.events import EventOutcome, note
from auth.federation.answers import Logout, read_logout
from auth.federation.federation import Federation
from auth.federation.outbound import Unanswered
from auth.federation.providers import end_sessions
from auth.federation.refusals import Refused, Told
from auth.federation.tables import Identity, IdentityProvider, SeenLogout
from auth.oauth.consents import Consent
from auth.oauth.ending import end_consents
from auth.oauth.jose import Malformed
from auth.sessions.tables import BrowserSession

KIND = "partner_logout"


async def signed_out(fed: Federation, provider_id: UUID, token: str, request_id: UUID) -> int:
    """End the sessions that a logout token names, at once, and what their people let programs do
    by that provider's word; how many sessions those were."""
    async with fed.with_provider(provider_id, KIND, request_id) as provider:
        try:
            said = await read_logout(token, provider, fed.directory, fed.now())
        except (Malformed, Unanswered) as error:
            raise Refused(Told.NOT_BELIEVED, f"logout token: {error}") from error
        now = fed.now()
        async with fed.sessions.begin() as db:
            mark = insert(SeenLogout).values(logout=said.number, seen_at=now)
            fresh = mark.on_conflict_do_nothing().returning(literal(1))
            if (await db.execute(fresh)).first() is None:
                raise Refused(Told.NOT_BELIEVED, "logout token: used before")
            named = _named(provider, said)
            ended = await end_sessions(db, now, *named)
            consents = await end_consents(db, now, *_given_by(provider, named))
            reason = f"the provider signed somebody out: {ended} sessions ended"
            if consents:
                reason += f", and {consents} consents to programs"
            done = EventOutcome.DONE
            note(db, KIND, done, reason, request_id, agency_id=provider.agency_id, at=now)
        return ended


def _named(provider: IdentityProvider, said: Logout) -> list[ColumnElement[bool]]:
    """The sessions that a logout names. Where the provider never said which session of its own one
    belongs to, it is one of that person's.
    """
    which = [col(BrowserSession.provider_id) == provider.id]
    own = col(BrowserSession.provider_session)
    if said.subject is not None:
        person = select(col(Identity.person_id)).where(
            col(Identity.issuer) == provider.issuer, col(Identity.subject) == said.subject
        )
        which.append(col(BrowserSession.person_id).in_(person))
        if said.provider_session is not None:
            which.append(or_(own == said.provider_session, own.is_(None)))
    else:
        which.append(own == said.provider_session)
    return which


def _given_by(
    provider: IdentityProvider, named: list[ColumnElement[bool]]
) -> list[ColumnElement[bool]]:
    """The consents that rest on those sessions. None knows its session, and the sessions may be
    over before their consents: so all that their people gave by this provider's word.
    """
    people = select(col(BrowserSession.person_id)).where(*named)
    return [col(Consent.provider_id) == provider.id, col(Consent.person_id).in_(people)]
