"""People on their way in the sample: a role that waits for a second person, an invitation, somebody
to be let in again, and a session that is over.
"""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from sqlmodel import SQLModel

from auth.oauth.consents import CONSENT_LIFE, Consent
from auth.people.invitations import WEEK
from auth.people.tables import Invitation, RequestState, RoleRequest
from auth.roles import Role
from auth.sessions.tables import BrowserSession
from auth.strength import Strength
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import PEOPLE, agency_id, fixed, membership_id

ASKS, SECOND = "wirral.administrator", "wirral.second"


def joining_rows() -> list[SQLModel]:
    """In Wirral, which has two administrators."""
    return [_request(), _invitation(), _again(), _session()]


def consent_to(program: UUID) -> Consent:
    """The coordinator lets the agency's own program act in her name."""
    who = "rasa.coordinator"
    return Consent(
        id=fixed("consent", who),
        client_id=program,
        membership_id=membership_id(who),
        person_id=fixed("person", _person(who)),
        scopes=["initiatives:read"],
        given_at=IMPORTED,
        expires_at=IMPORTED + CONSENT_LIFE,
    )


def _person(key: str) -> str:
    return PEOPLE[key][1]


def _request() -> RoleRequest:
    who = "wirral.viewer"
    return RoleRequest(
        id=fixed("role-request", who),
        agency_id=agency_id("wirral"),
        membership_id=membership_id(who),
        person_id=fixed("person", _person(who)),
        role=Role.CASEWORKER,
        asked_by_id=membership_id(ASKS),
        asked_person_id=fixed("person", _person(ASKS)),
        asked_at=IMPORTED,
        state=RequestState.WAITING,
    )


def _invitation() -> Invitation:
    """Nobody has its link."""
    return Invitation(
        id=fixed("invitation", "new"),
        agency_id=agency_id("wirral"),
        role=Role.CONTRIBUTOR,
        for_whom="Robin Sale, community safety",
        token_hash=sha256(uuid4().bytes).digest(),
        made_by_id=membership_id(ASKS),
        made_person_id=fixed("person", _person(ASKS)),
        made_at=IMPORTED,
        expires_at=IMPORTED + WEEK,
    )


def _again() -> Invitation:
    who = "wirral.lead"
    return Invitation(
        id=fixed("invitation", who),
        agency_id=agency_id("wirral"),
        for_whom=_person(who),
        rebinds_id=membership_id(who),
        made_by_id=membership_id(ASKS),
        made_person_id=fixed("person", _person(ASKS)),
        made_at=IMPORTED,
        expires_at=IMPORTED + WEEK,
    )


def _session() -> BrowserSession:
    who = "wirral.coordinator"
    return BrowserSession(
        id=fixed("session", who),
        person_id=fixed("person", _person(who)),
        membership_id=membership_id(who),
        device="Firefox on Windows",
        acr=Strength.PHISHING_RESISTANT,
        amr=["hwk"],
        started_at=IMPORTED,
        authenticated_at=IMPORTED,
        seen_at=IMPORTED,
        expires_at=IMPORTED + timedelta(hours=9),
    )
