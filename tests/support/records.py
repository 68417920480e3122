"""What the matrix's world holds beside initiatives: what agencies and people leave behind."""

from datetime import timedelta

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.accounts.tables import Credential, CredentialKind
from auth.events import AuthEvent, EventOutcome
from auth.federation.tables import Identity, IdentityProvider, ProofOfUs
from auth.notices import Notice, NoticeKind
from auth.oauth.consents import Consent
from auth.oauth.tables import Client, ClientAcceptance, ClientKey
from auth.people.tables import Invitation, RequestState, RoleRequest
from auth.roles import Role
from auth.sessions.tables import BrowserSession
from auth.strength import Strength
from portal.calendars.tables import BankHoliday
from portal.changes.tables import AuditLine, Outcome
from portal.frameworks.reference import entry_id, plan_action_id
from portal.frameworks.tables import PlanAction, SelfAssessment, SelfAssessmentLevel
from portal.outbox.tables import (
    AttemptOutcome,
    MessageState,
    OutboxAttempt,
    OutboxMessage,
)
from portal.proposals.tables import ProposalState
from portal.sample.initiatives import IMPORTED
from portal.sample.mail import MAIL_CODE
from portal.sample.partnership import DAY, agency_id, fixed, membership_id
from portal.store.rules import table_of

COORDINATES = Role.INITIATIVE_COORDINATOR
PEOPLE = ("wirral.coordinator", "savera.coordinator", "cheshire.viewer", "pcc.auditor")


async def records(owner: AsyncConnection) -> None:
    """One of each for a partner, a lead, somebody outside and an auditor's agency."""
    listed = [(person, agency_id(person.split(".")[0]), membership_id(person)) for person in PEOPLE]
    assessments = [
        {
            "id": fixed("matrix-assessment", person), "entry_id": entry_id("four_ps", "PREVENT"),
            "agency_id": agency, "level": SelfAssessmentLevel.STARTED, "text": "Begun.",
            "assessed_on": DAY, "by_id": member, "recorded_at": IMPORTED, "acl": [],
        }
        for person, agency, member in listed
    ]  # fmt: skip
    lines = [
        {
            "id": fixed("matrix-line", f"{person}/{outcome}"), "at": IMPORTED, "verb": "add_theme",
            "principal_id": member, "agency_id": agency, "outcome": outcome,
        }
        for person, agency, member in listed
        for outcome in Outcome
    ]  # fmt: skip
    programs = [
        {
            "id": fixed("matrix-program", person), "agency_id": agency, "name": "A program",
            "owner_membership_id": fixed("matrix", f"{person.split('.')[0]}/{COORDINATES}"),
            "scopes": ["initiatives:read"], "created_at": IMPORTED,
            "expires_at": IMPORTED + timedelta(days=90), "redirect_uris": [],
            "grants": ["client_credentials"],
        }
        for person, agency, _ in listed
    ]  # fmt: skip
    keys = [
        {
            "id": fixed("matrix-key", person), "client_id": fixed("matrix-program", person),
            "jwk": {}, "thumbprint": "x" * 43, "added_at": IMPORTED,
        }
        for person, _, _ in listed
    ]  # fmt: skip
    yeses = [
        {
            "id": program["id"], "owner_membership_id": program["owner_membership_id"],
            "accepted_at": IMPORTED, "thumbprints": [],
            **{part: program[part] for part in ("scopes", "grants", "redirect_uris")},
        }
        for program in programs
    ]  # fmt: skip
    await owner.execute(insert(table_of(SelfAssessment)), assessments)
    await owner.execute(insert(table_of(AuditLine)), lines)
    await owner.execute(insert(table_of(Client)), programs)
    await owner.execute(insert(table_of(ClientKey)), keys)
    await owner.execute(insert(table_of(ClientAcceptance)), yeses)
    await _signing_in(owner)
    await _asking_and_inviting(owner)
    await _known_elsewhere(owner)
    await _proclaimed(owner)
    await _posted(owner)
    plan = table_of(PlanAction)
    owned = update(plan).where(plan.c.id == plan_action_id(1))
    await owner.execute(owned.values(owner_agency_id=agency_id("pcc")))


async def _signing_in(owner: AsyncConnection) -> None:
    """A session, a notice and a line of the door, for some of the world's own people."""
    keys = [f"{agency}/{Role.VIEWER}" for agency in ("wirral", "savera", "cheshire")]
    keys.append(f"wirral/{Role.INITIATIVE_COORDINATOR}")
    at, ends = IMPORTED, IMPORTED + timedelta(hours=9)
    sessions = [
        {
            "id": fixed("matrix-session", key), "person_id": fixed("matrix", key),
            "membership_id": fixed("matrix", key), "device": "A browser",
            "acr": Strength.MULTI_FACTOR, "amr": ["otp"], "started_at": at,
            "authenticated_at": at, "seen_at": at, "expires_at": ends,
        }
        for key in keys
    ]  # fmt: skip
    notices = [
        {
            "id": fixed("matrix-notice", key), "person_id": fixed("matrix", key), "at": at,
            "kind": NoticeKind.NEW_SIGN_IN, "says": "You signed in.",
        }
        for key in keys
    ]  # fmt: skip
    events = [
        {
            "id": fixed("matrix-event", key), "at": at, "request_id": fixed("matrix-asked", key),
            "kind": "sign_in", "outcome": EventOutcome.DONE, "reason": "",
            "person_id": fixed("matrix", key), "agency_id": agency_id(key.split("/")[0]),
        }
        for key in keys
    ]  # fmt: skip
    credentials = [
        {
            "id": fixed("matrix-credential", key), "person_id": fixed("matrix", key),
            "kind": CredentialKind.PASSKEY, "name": "Phone", "added_at": at,
        }
        for key in keys
    ]  # fmt: skip
    await owner.execute(insert(table_of(Credential)), credentials)
    await owner.execute(insert(table_of(BrowserSession)), sessions)
    await owner.execute(insert(table_of(Notice)), notices)
    await owner.execute(insert(table_of(AuthEvent)), events)


async def _asking_and_inviting(owner: AsyncConnection) -> None:
    """Two roles that wait for a second person, and somebody to be let in again, in two agencies."""
    requests, invitations = [], []
    for agency in ("wirral", "savera"):
        viewer, first, second = (
            fixed("matrix", f"{agency}/{role}")
            for role in (Role.VIEWER, Role.AGENCY_ADMINISTRATOR, Role.PARTNERSHIP_ADMINISTRATOR)
        )
        home = agency_id(agency)
        wanted = ((Role.CASEWORKER, first), (Role.AGENCY_ADMINISTRATOR, second))
        requests += [
            {
                "id": fixed("matrix-request", f"{agency}/{role}"), "agency_id": home,
                "membership_id": viewer, "person_id": viewer, "role": role, "deputy": False,
                "asked_by_id": asks, "asked_person_id": asks, "asked_at": IMPORTED,
                "state": RequestState.WAITING,
            }
            for role, asks in wanted
        ]  # fmt: skip
        invitations.append(
            {
                "id": fixed("matrix-invitation", agency), "agency_id": home,
                "for_whom": "A viewer", "rebinds_id": viewer, "made_by_id": first,
                "made_person_id": first, "made_at": IMPORTED,
                "expires_at": IMPORTED + timedelta(days=7),
            }
        )  # fmt: skip
    await owner.execute(insert(table_of(RoleRequest)), requests)
    await owner.execute(insert(table_of(Invitation)), invitations)


async def _proclaimed(owner: AsyncConnection) -> None:
    """A bank holiday that the library does not know."""
    day = {
        "id": fixed("matrix-holiday", ""), "day": DAY + timedelta(days=30), "name": "A wedding",
        "holds": True, "valid_from": DAY, "state": ProposalState.CONFIRMED,
        "updated_at": IMPORTED,
    }  # fmt: skip
    await owner.execute(insert(table_of(BankHoliday)), [day])


async def _posted(owner: AsyncConnection) -> None:
    """An e-mail to a person and one to a team, sent at the first attempt."""
    key = f"wirral/{Role.VIEWER}"
    to = {
        key: {"person_id": fixed("matrix", key), "team_id": None},
        "savera": {"person_id": None, "team_id": fixed("matrix-team", "savera")},
    }
    sent = [
        {
            "id": fixed("matrix-message", name), **whom, "state": MessageState.SENT,
            "written_at": IMPORTED, "next_try_at": IMPORTED, "sent_at": IMPORTED, "attempts": 1,
            "refusals": 0,
        }
        for name, whom in to.items()
    ]  # fmt: skip
    tries = [
        {
            "id": fixed("matrix-attempt", name), "message_id": fixed("matrix-message", name),
            "at": IMPORTED, "outcome": AttemptOutcome.SENT, "reply": "250",
        }
        for name in to
    ]  # fmt: skip
    for model, rows in ((OutboxMessage, sent), (OutboxAttempt, tries)):
        await owner.execute(insert(table_of(model)), rows)
    for statement in _CODES:
        await owner.execute(text(statement), {"code": MAIL_CODE})


_CODES = (
    "INSERT INTO mail_preference (id, person_id, mode) SELECT id, id, 'daily' FROM person"
    " ON CONFLICT (person_id) DO NOTHING",
    "INSERT INTO outbox_message"
    " (id, person_id, state, written_at, next_try_at, sent_at, attempts, refusals)"
    " SELECT id, id, 'sent', now(), now(), now(), 1, 0 FROM person",
    "INSERT INTO mail_code (id, person_id, message_id, address, code, asked_at)"
    " SELECT id, id, id, 'somebody@example.org', :code, now() FROM person",
)


async def _known_elsewhere(owner: AsyncConnection) -> None:
    """A university's own identity provider, who is known there, and consents to a program."""
    home, viewer = agency_id("uol"), fixed("matrix", f"uol/{Role.VIEWER}")
    provider = {
        "id": fixed("matrix-provider", "uol"), "agency_id": home, "issuer": "https://uol.example",
        "client_id": "portal", "proof": ProofOfUs.PRIVATE_KEY_JWT, "algorithms": ["ES256"],
        "mfa_acr": [], "phr_acr": [], "started_at": IMPORTED,
    }  # fmt: skip
    identity = {
        "id": fixed("matrix-identity", "uol"), "issuer": "https://uol.example", "subject": "1",
        "person_id": viewer, "joined_at": IMPORTED,
    }  # fmt: skip
    who = fixed("matrix", f"wirral/{Role.INITIATIVE_COORDINATOR}")
    consent = {
        "id": who, "client_id": fixed("matrix-program", "wirral.coordinator"),
        "membership_id": who, "person_id": who,
        "scopes": ["initiatives:read"], "given_at": IMPORTED,
        "expires_at": IMPORTED + timedelta(days=9),
    }  # fmt: skip
    for model, row in ((IdentityProvider, provider), (Identity, identity), (Consent, consent)):
        await owner.execute(insert(table_of(model)), [row])
