"""The matrix's cases: sent and not, within an agency and between agencies, seen and lost."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from support.listing import listed_and_linked
from support.world import World

from auth.roles import Role
from portal.agreements import categories
from portal.charging.support_tables import SupportAuthority, SupportedMatter
from portal.charging.tables import Hearing, PlanItem, VictimSupport
from portal.referrals import allocation_tables, details, research_tables, tables
from portal.referrals.consents.tables import OnwardRequest
from portal.referrals.emergencies import tables as emergency_tables
from portal.referrals.follow import tables as follow_tables
from portal.referrals.outside.tables import OutsideReferral
from portal.referrals.parties import Party
from portal.sample import agreements
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import DAY, agency_id, fixed, team_id
from portal.store.rules import table_of

SUPPORT = frozenset(category.value for category in agreements.SUPPORT)
RUN_OFF = frozenset(category.value for category in categories.RUN_OFF)
SUPPORTERS = {
    "agency_id": agency_id("rasa"), "team_id": team_id("rasa", "Prevention"), "from_on": DAY,
}  # fmt: skip
THRESHOLD = fixed("threshold", "merit/None/gold")
URN = "05AB1234526"
"""By which police and prosecutors know the matter."""
TEAMS = {"wirral": "Early help", "police": "Unity team", "rasa": "Prevention"}
PAIRS = (
    # from, to, under which agreement, what it covers: None is all
    ("tww", "wirral", "wirral-marac", None),
    ("rasa", "savera", "charities", SUPPORT),
    ("rasa", "sefton", "sefton-front-door", frozenset[str]()),  # suspended
    ("knowsley", "ldas", "knowsley-housing", RUN_OFF),  # over, and running off
    ("police", "cps", "cps-police", None),  # a matter of one suspect
)


@dataclass(frozen=True)
class Sent:
    """A case of the world: from one agency's matrix team, to a team of another or of its own."""

    sender: str
    receiver: str
    given: bool = True
    lost: bool = False
    deal: str | None = None

    @property
    def key(self) -> str:
        """What its ids are made of."""
        return f"{self.sender}/{self.receiver}/{self.given}/{self.lost}/{self.deal}"

    @property
    def id(self) -> UUID:
        """The referral's id."""
        return fixed("matrix-case", self.key)

    @property
    def matter(self) -> bool:
        """Whether police and prosecutors follow a suspect with it."""
        return self.deal == "cps-police"

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """What has happened, and for which part."""
        if self.matter:
            return (("register", "sender"),)
        return (("send", "sender"), ("acknowledge", "receiver")) if self.given else ()

    @property
    def team_id(self) -> UUID:
        """The team it is addressed to."""
        if self.deal:
            return fixed("matrix-team", self.receiver)
        return team_id(self.receiver, TEAMS[self.receiver])

    def row(self, kind: str) -> dict[str, Any]:
        """What every row of the case begins with."""
        return {
            "id": fixed(f"matrix-{kind}", self.key), "referral_id": self.id,
            "updated_at": IMPORTED, "version": 1, "acl": [], "routes": [],
        }  # fmt: skip


def listed() -> Iterator[Sent]:
    """Every case."""
    for agency in TEAMS:
        for given, lost in ((False, False), (True, False), (True, True)):
            yield Sent(agency, agency, given, lost)
    for sender, receiver, deal, _ in PAIRS:
        yield Sent(sender, receiver, deal=deal)


def _referral(at: int, case: Sent) -> dict[str, Any]:
    row = case.row("case")
    del row["referral_id"]
    member = fixed("matrix", f"{case.sender}/{Role.CASEWORKER}")
    return row | {
        "id": case.id, "reference": f"RF-{at:06d}",
        "pathway": "cps_charging" if case.matter else "request_for_support",
        "pathway_version": 1, "categories": ["reasons"],
        "purpose": "criminal_justice" if case.matter else "victim_support",
        "all_take": False, "urgency": "routine",
        "sender_agency_id": agency_id(case.sender),
        "sender_team_id": fixed("matrix-team", case.sender),
        "overall": "in_hand" if case.matter else "waiting" if case.given else "draft",
        "created_by_id": member,
        "created_at": IMPORTED, "sent_at": IMPORTED if case.given else None, "full_acl": [],
    }  # fmt: skip


def _recipient(case: Sent) -> dict[str, Any]:
    return case.row("recipient") | {
        "agency_id": agency_id(case.receiver),
        "team_id": case.team_id, "state": "investigation" if case.matter else "acknowledged",
        "suspect": 1 if case.matter else None,
        "agreement_id": fixed("agreement", case.deal) if case.deal else None,
        "turn": "receiver", "rank": 2,
        "events": len(case.steps), "hold": "taken" if case.matter else "asked",
        "is_open": case.given and not case.lost,
        "created_at": IMPORTED, "given_at": IMPORTED if case.given else None,
        "lost_at": IMPORTED if case.lost else None,
        "due_at": IMPORTED if case.given and case.sender != "rasa" else None,
    }  # fmt: skip


def _events(case: Sent) -> Iterator[dict[str, Any]]:
    for position, (name, part) in enumerate(case.steps, start=1):
        by = case.sender if part == "sender" else case.receiver
        yield case.row("event") | {
            "id": fixed("matrix-event", f"{case.key}/{name}"),
            "recipient_id": fixed("matrix-recipient", case.key), "position": position,
            "name": name, "part": part, "at": IMPORTED, "recorded_at": IMPORTED,
            "by_id": fixed("matrix", f"{by}/{Role.CASEWORKER}"), "by_agency_id": agency_id(by),
        }  # fmt: skip


def team_of_draft(agency: str) -> UUID:
    """The team of its own that an agency's draft is addressed to."""
    return team_id(agency, TEAMS[agency])


def token_of(case: Any) -> str:
    """The mark of who would have a draft within an agency, reckoned as the database does."""
    agency = case.row["sender_agency_id"]
    name = next(each for each in TEAMS if agency_id(each) == agency)
    teams = (("sender", case.row["sender_team_id"]), ("receiver", team_of_draft(name)))
    every = ",".join(categories.DataCategory)
    said = (f'({agency},{team},f,{part},,,"{{{every}}}",f)' for part, team in teams)
    return hashlib.sha256(";".join(said).encode()).hexdigest()[:32]


def _codes(case: Sent) -> dict[str, Any]:
    return case.row("codes") | {
        "event_id": fixed("matrix-event", f"{case.key}/{case.steps[0][0]}"),
        "category": "reasons", "codes": {}, "urn": URN if case.matter else None,
    }  # fmt: skip


def _clock(case: Sent) -> dict[str, Any]:
    return case.row("clock") | {
        "recipient_id": fixed("matrix-recipient", case.key), "name": "acknowledge",
        "holder": "receiver", "started_at": IMPORTED, "provisional": False,
    }  # fmt: skip


def _own_reference(case: Sent) -> dict[str, Any]:
    return case.row("called") | {"agency_id": agency_id(case.sender), "value": "A 12"}


def _allocation(case: Sent) -> dict[str, Any]:
    return case.row("allocation") | {
        "recipient_id": fixed("matrix-recipient", case.key), "agency_id": agency_id(case.receiver),
        "at": IMPORTED, "position": 2,
    }  # fmt: skip


def _outside(case: Sent) -> dict[str, Any]:
    """Whoever has the case has it looked at elsewhere, too."""
    by = case.receiver if case.given else case.sender
    return case.row("outside") | {
        "agency_id": agency_id(by), "body": "gp", "route": "phone", "referred_on": DAY,
        "by_id": fixed("matrix", f"{by}/{Role.CASEWORKER}"), "created_at": IMPORTED,
    }  # fmt: skip


def _asked(case: Sent) -> dict[str, Any]:
    """Whoever has the case asked whether the health board may have it, and may."""
    return case.row("onward") | {
        "agency_id": agency_id(case.receiver), "to_agency_id": agency_id("icb"),
        "to_team_id": fixed("matrix-team", "icb"), "asked_at": IMPORTED, "answer": "yes",
        "asked_by_id": fixed("matrix", f"{case.receiver}/{Role.CASEWORKER}"),
        "answered_by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
        "answered_at": IMPORTED,
    }  # fmt: skip


def _consultation(case: Sent) -> dict[str, Any]:
    return {
        "id": fixed("matrix-consultation", case.key), "referral_id": case.id,
        "owner_agency_id": agency_id(case.sender), "agency_id": agency_id(case.receiver),
        "principal_id": fixed("matrix", f"{case.receiver}/{Role.CASEWORKER}"),
        "purpose": "work_on_case", "at": IMPORTED,
    }  # fmt: skip


def _request(case: Sent) -> dict[str, Any]:
    """The prosecutors ask for what the matrix's case is called."""
    return {
        "id": fixed("matrix-request", case.key), "of_agency_id": agency_id(case.sender),
        "by_agency_id": agency_id("cps"), "by_team_id": team_id("cps", "Area business centre"),
        "reason": "missing", "reference": None, "asked_at": IMPORTED,
        "asked_by_id": fixed("matrix", f"cps/{Role.CPS_LIAISON}"),
    }  # fmt: skip


def _set_aside(case: Sent) -> dict[str, Any]:
    return {
        "id": fixed("matrix-aside", case.key), "request_id": fixed("matrix-request", case.key),
        "of_agency_id": agency_id(case.sender), "reason": "nothing_held", "at": IMPORTED,
        "by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
    }  # fmt: skip


TOLD = datetime.combine(DAY, time(8), UTC)
"""When what lasts was disclosed."""


def _disclosure(case: Sent) -> dict[str, Any]:
    """Of a draft it lasts; one is over and waits for its review; one was not justified."""
    starts = IMPORTED if case.given else TOLD
    wrong = case.lost
    return case.row("disclosure") | {
        "from_agency_id": agency_id(case.sender), "to_agency_id": agency_id("cps"),
        "to_team_id": team_id("cps", "Area business centre"), "reason": "threat_to_life",
        "made_by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
        "starts_at": starts, "ends_at": starts + timedelta(hours=24),
        "review_due_at": starts + timedelta(days=7),
        "reviewed_at": IMPORTED if wrong else None,
        "reviewed_by_id": fixed("matrix", f"{case.sender}/{Role.DATA_PROTECTION_LEAD}")
        if wrong else None,
        "finding": "no_emergency" if wrong else None,
        "escalated_at": IMPORTED if wrong else None,
    }  # fmt: skip


def _full_view(case: Sent) -> dict[type, dict[str, Any]]:
    """A row of each table of the full view, and of what anybody says of a case."""
    return {
        details.Subject: {
            "role": "suspect" if case.matter else "victim", "number": 1,
            "person": fixed("matrix-person", case.key),
            "employment": "none_known" if case.matter else None,
        },
        details.SafeContact: {
            "allowed": ["call"], "forbidden": ["post"], "days": [], "checked_on": DAY,
        },
        details.Need: {"code": "female_worker"},
        details.Wishes: {"awareness": "aware_and_willing", "basis": "public_task"},
        details.RiskAssessment: {
            "tool": "merit", "tool_version": "3", "score": 74, "grade": "gold",
            "threshold_id": THRESHOLD, "assessed_on": DAY,
            "assessed_by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
        },
        follow_tables.FollowOn: {
            "pathway": "idva", "outcome": "no_team", "created_at": IMPORTED,
        },
        details.Flag: {"code": "stalking"},
        details.ProtectiveOrder: {"kind": "bail"},
        details.ReferralReason: {"code": "domestic_abuse"},
        details.CaseActionCodes: {
            "action_id": fixed("matrix-case_action", case.key), "code": "safety_plan",
        },
    }  # fmt: skip


def _action(case: Sent) -> dict[str, Any]:
    done = case.given and case.sender == case.receiver
    return case.row("case_action") | {
        "agency_id": agency_id(case.receiver), "team_id": case.team_id, "due_on": DAY,
        "recorded_late": False, "state": "done" if done else "open",
        "ended_at": IMPORTED if done else None, "added_by_agency_id": agency_id(case.sender),
        "created_at": IMPORTED,
    }  # fmt: skip


def _victim(case: Sent) -> dict[str, Any]:
    """Of a matter, beside its suspect."""
    return case.row("victim") | {
        "role": "victim", "number": 1, "person": fixed("matrix-victim", case.key),
        "employment": None,
    }  # fmt: skip


def _of_matter(case: Sent) -> dict[type, dict[str, Any]]:
    """What hangs on a matter alone."""
    track = {
        "recipient_id": fixed("matrix-recipient", case.key),
        "event_id": fixed("matrix-event", f"{case.key}/register"),
    }
    return {
        Hearing: {**track, "held_on": DAY, "kind": "first", "state": "listed"},
        PlanItem: {**track, "code": "phone", "due_on": DAY, "state": "open"},
        VictimSupport: {
            "victim": 1, "answer": "not_known",
            "set_by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
        },
        SupportAuthority: {
            "victim": 1, **SUPPORTERS,
            "given_by_id": fixed("matrix", f"{case.sender}/{Role.CASEWORKER}"),
        },
        SupportedMatter: {
            **SUPPORTERS, "recipient_id": track["recipient_id"], "reference": "RF-SUPPOR",
            "authority_id": fixed("matrix-support_authority", case.key), "suspect": 1,
            "state": "investigation", "says": "The police are investigating.", "days": [],
        },
    }  # fmt: skip


CONFERENCE = ("tww", "wirral")
"""A case of which the receiver asks RASA what it knows, and may not ask Savera."""


def _research(case: Sent) -> Iterator[dict[str, Any]]:
    for agency, given in (("rasa", True), ("savera", False)):
        yield case.row(f"research-{agency}") | {
            "recipient_id": fixed("matrix-recipient", case.key),
            "from_agency_id": agency_id(case.receiver), "agency_id": agency_id(agency),
            "team_id": fixed("matrix-team", agency), "created_at": IMPORTED,
            "agreement_id": fixed("agreement", case.deal or "") if given else None,
            "given_at": IMPORTED if given else None,
        }  # fmt: skip


_SEAT = {
    "id": fixed("marac-seat", "matrix"), "marac_team_id": fixed("matrix-team", "savera"),
    "agency_id": agency_id("icb"), "team_id": fixed("matrix-team", "icb"), "starts_on": DAY,
    "updated_at": IMPORTED, "version": 1}  # fmt: skip


async def cases(owner: AsyncConnection) -> None:
    """Write every case with a row of each table that hangs on one."""
    every = list(listed())
    rows: dict[type[Any], list[dict[str, Any]]] = {
        tables.Referral: [_referral(at, case) for at, case in enumerate(every)],
        tables.Recipient: [_recipient(case) for case in every],
        tables.ReferralEvent: [row for case in every for row in _events(case)],
        tables.EventCodes: [_codes(case) for case in every if case.given],
        tables.RunningClock: [_clock(case) for case in every],
        tables.LocalReference: [_own_reference(case) for case in every],
        allocation_tables.Allocation: [_allocation(case) for case in every],
        tables.Consultation: [_consultation(case) for case in every],
        OutsideReferral: [_outside(case) for case in every],
        OnwardRequest: [_asked(case) for case in every],
        emergency_tables.DisclosureRequest: [_request(case) for case in every],
        emergency_tables.RequestSetAside: [_set_aside(case) for case in every if not case.given],
        emergency_tables.EmergencyDisclosure: [
            _disclosure(case) for case in every if case.sender == "police"
        ],
    }
    heard = [case for case in every if (case.sender, case.receiver) == CONFERENCE]
    rows |= listed_and_linked(heard, next(case for case in every if case not in heard))
    rows[research_tables.MaracResearch] = [row for case in heard for row in _research(case)]
    rows[research_tables.MaracSeat] = [_SEAT]
    rows[details.CaseAction] = [_action(case) for case in every]
    for model in _full_view(every[0]):
        kind = table_of(model).name
        rows[model] = [case.row(kind) | _full_view(case)[model] for case in every]
    for case in filter(lambda one: one.matter, every):
        for model, said in _of_matter(case).items():
            row = case.row(table_of(model).name) | said
            rows[model] = [{k: v for k, v in row.items() if k in table_of(model).columns}]
    rows[details.Subject] += [_victim(case) for case in every if case.matter]
    for model, made in rows.items():
        await owner.execute(insert(table_of(model)), made)


def parties(world: World) -> dict[UUID, list[Party]]:
    """Who has each case today."""
    found = {row["id"]: [Party(row["sender_agency_id"])] for row in world.rows["referral"]}
    covers = {fixed("agreement", deal): categories for _, _, deal, categories in PAIRS}
    roles = {fixed("agreement", d.key): frozenset(d.roles) for d in agreements.DEALS}
    for row in world.rows["recipient"]:
        if row["given_at"] is None or row["lost_at"] is not None:
            continue
        categories = covers.get(row["agreement_id"])
        if categories is None or categories:
            permitted = roles.get(row["agreement_id"])
            party = Party(row["agency_id"], categories=categories, roles=permitted)
            found[row["referral_id"]].append(party)
    for row in world.rows["emergency_disclosure"]:
        if row["starts_at"] == TOLD and row["closed_at"] is None:
            found[row["referral_id"]].append(Party(row["to_agency_id"], row["to_team_id"]))
    for row in world.rows["marac_research"]:
        if row["given_at"] is not None:
            permitted = roles.get(row["agreement_id"])
            found[row["referral_id"]].append(Party(row["agency_id"], roles=permitted))
    return found
