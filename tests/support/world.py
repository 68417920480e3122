"""A world for the matrix: every role in every agency, and an initiative in every state
of sharing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import product
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from auth.caller import Caller
from auth.people.tables import Standing
from auth.roles import Role, SignatoryTitle, scopes_of
from auth.tables import Membership, MembershipRole, Person, Team, TeamMember
from portal.database import RULES
from portal.initiatives.tables import Initiative, PartnerState, Visibility
from portal.referrals.parties import Party
from portal.sample.initiatives import IMPORTED, initiative_id
from portal.sample.partnership import (
    AGENCIES,
    JOINED,
    OUTSIDE,
    PEOPLE,
    agency_id,
    fixed,
    membership_id,
)
from portal.store.rules import table_of
from portal.voices.tables import Audience, Comment, SurvivorConsultation

LEADS = ("police", "wirral", "rasa", "uol", "edgehill", "pcc")
PARTNER = "savera"
STATES = (None, *PartnerState)
TEMPLATE = initiative_id("safe-routes")
CLONED = {"initiative", "partner"}
FOR_LONG = date(2030, 12, 31)
NONE: dict[str, Any] = {"title": None, "ends_on": None}
PARTICULARS = {
    Role.AUTHORISED_SIGNATORY: {**NONE, "title": SignatoryTitle.SIRO},
    Role.AUDITOR: {**NONE, "ends_on": FOR_LONG},
}
ASKED = (PartnerState.INVITED, PartnerState.COMMITTED)


@dataclass(frozen=True)
class Shared:
    """An initiative of the world: who leads it, who may see it, and where its partner stands."""

    id: UUID
    lead: str
    visibility: Visibility
    state: PartnerState | None


@dataclass
class World:
    """Who asks, and what there is to ask for."""

    callers: dict[UUID, Caller] = field(default_factory=dict)
    shared: dict[UUID, Shared] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    partners: dict[UUID, set[UUID]] = field(default_factory=dict)
    standing: dict[tuple[UUID, UUID], PartnerState] = field(default_factory=dict)
    initiatives: dict[UUID, Initiative] = field(default_factory=dict)
    comments: dict[UUID, Comment] = field(default_factory=dict)
    parties: dict[UUID, list[Party]] = field(default_factory=dict)


def followers() -> list[Table]:
    """Every table whose rows hang on an initiative, parents first; not what triggers write."""
    written = {"change", "history"}
    tables = [
        r.table for r in RULES.values() if {"initiative_id", "id"} <= set(r.table.columns.keys())
    ]
    order = {t.name: at for at, t in enumerate(table_of(Initiative).metadata.sorted_tables)}
    return sorted((t for t in tables if t.name not in written), key=lambda t: order[t.name])


async def people(owner: AsyncConnection, world: World) -> None:
    """A person for every role in every agency."""
    rows: dict[type, list[dict[str, Any]]] = {
        m: [] for m in (Person, Team, Membership, MembershipRole, TeamMember, Standing)
    }
    for agency, role in product(AGENCIES, Role):
        member = fixed("matrix", f"{agency}/{role}")
        team, home = fixed("matrix-team", agency), agency_id(agency)
        rows[Person].append({"id": member, "name": f"{role} of {agency}"})
        if role is Role.INITIATIVE_COORDINATOR:
            rows[Team].append({"id": team, "agency_id": home, "name": "Matrix"})
        rows[Membership].append(
            {"id": member, "person_id": member, "agency_id": home, "starts_on": JOINED}
        )
        rows[MembershipRole].append(
            {"membership_id": member, "role": role, **PARTICULARS.get(role, NONE)}
        )
        until = {f"{what}_until": FOR_LONG for what in ("training", "vetting", "confidentiality")}
        rows[Standing].append(
            {"id": member, "membership_id": member, "recorded_at": IMPORTED, **until}
        )
        rows[TeamMember].append(
            {"team_id": team, "membership_id": member, "agency_id": home, "leads": False}
        )
        roles = frozenset({role})
        world.callers[member] = Caller(
            member, "membership", home, member, roles, scopes_of(roles), frozenset({team})
        )
    for model, values in rows.items():
        await owner.execute(insert(table_of(model)), values)


def shares() -> Iterator[Shared]:
    """Lead by visibility by the partner's state."""
    for lead, visibility, state in product(LEADS, Visibility, STATES):
        yield Shared(
            fixed("matrix-initiative", f"{lead}/{visibility}/{state}"), lead, visibility, state
        )


async def initiatives(owner: AsyncConnection, world: World) -> None:
    """Copies of the sample's fullest initiative, with everything that hangs on it."""
    table = table_of(Initiative)
    first = (await owner.execute(select(table).where(table.c.id == TEMPLATE))).mappings().one()
    made = list(shares())
    copies = [
        {
            **first,
            "id": one.id,
            "reference": f"VG-{at:06d}",
            "lead_agency_id": agency_id(one.lead),
            "lead_team_id": None,
            "visibility": one.visibility,
            "sent_at": None if one.visibility is Visibility.DRAFT else first["sent_at"],
        }
        for at, one in enumerate(made)
    ]
    await owner.execute(insert(table), copies)
    await _partners(owner, made, template_of="partner")  # first: each makes the keys spread
    await _voices(owner)
    for follower in followers():
        found = await owner.execute(select(follower).where(follower.c.initiative_id == TEMPLATE))
        template = [dict(row) for row in found.mappings()]
        assert template, f"give the sample's safe-routes a row of {follower.name}"
        if follower.name not in CLONED:
            rows = [_copy(row, one.id, template) for one in made for row in template]
            await owner.execute(insert(follower), rows)
    world.shared = {one.id: one for one in made}


async def _voices(owner: AsyncConnection) -> None:
    """Comments on the template for everybody and within agencies, and consultations."""
    said = {"text": "Said.", "withdrawn_at": None, "created_at": IMPORTED}
    comments = [
        {"audience": audience, **_by(f"comment/{agency}/{audience}", agency, "author_id"), **said}
        for agency, audience in product(("wirral", "police", PARTNER), Audience)
    ]
    await owner.execute(insert(table_of(Comment)), comments)
    asked = {"held_on": JOINED, "group": "Students", "heard": "Light.", "created_at": IMPORTED}
    consultations = [
        {**_by(f"consultation/{agency}", agency, "recorded_by_id"), **asked}
        for agency in ("wirral", PARTNER)
    ]
    await owner.execute(insert(table_of(SurvivorConsultation)), consultations)


def _by(key: str, agency: str, author: str) -> dict[str, Any]:
    return {
        "id": fixed("matrix-voice", key),
        "initiative_id": TEMPLATE,
        "agency_id": agency_id(agency),
        author: membership_id(f"{agency}.coordinator"),
        "updated_at": IMPORTED,
        "version": 1,
        "acl": [],
    }


async def _partners(owner: AsyncConnection, made: list[Shared], template_of: str) -> None:
    table = next(t for t in followers() if t.name == template_of)
    found = await owner.execute(select(table).where(table.c.initiative_id == TEMPLATE).limit(1))
    row = dict(found.mappings().one())
    rows = [
        {
            **row,
            "id": uuid5(one.id, PARTNER),
            "initiative_id": one.id,
            "agency_id": agency_id(PARTNER),
            "state": one.state,
        }
        for one in made
        if one.state is not None
    ]
    await owner.execute(insert(table), rows)


def _copy(row: dict[str, Any], onto: UUID, siblings: list[dict[str, Any]]) -> dict[str, Any]:
    """The row on another initiative; ids of rows that hang on the template are renamed alike."""
    tied = _tied_ids()
    return {
        name: onto
        if name == "initiative_id"
        else uuid5(onto, str(value))
        if name in tied and value
        else value
        for name, value in row.items()
    }


def _tied_ids() -> set[str]:
    """Columns that hold an id of a follower: its own, or one it refers to."""
    return {"id", "action_id", "measure_id", "supersedes_id", "reply_to_id"}


async def gather(owner: AsyncConnection, world: World) -> None:
    """Every row of every table, as its owner sees it."""
    for name, rule in RULES.items():
        if rule.see is not None and "id" in rule.table.columns:
            found = await owner.execute(select(rule.table))
            world.rows[name] = [dict(row) for row in found.mappings()]
    for row in world.rows["partner"]:
        world.standing[row["initiative_id"], row["agency_id"]] = PartnerState(row["state"])
        if row["state"] in ASKED:
            world.partners.setdefault(row["initiative_id"], set()).add(row["agency_id"])
    columns = set(Initiative.model_fields)
    for row in world.rows["initiative"]:
        world.initiatives[row["id"]] = Initiative(**{k: v for k, v in row.items() if k in columns})
    world.comments = {row["id"]: Comment(**row) for row in world.rows["comment"]}


def in_partnership() -> set[UUID]:
    """The agencies that are partners, and not only named by one."""
    return {agency_id(key) for key in AGENCIES if key not in OUTSIDE}


def agency_of_member(membership: UUID | None) -> UUID | None:
    """The agency that somebody of the sample, or of the world's own people, acts for."""
    return _agencies_of_members().get(membership)


@cache
def _agencies_of_members() -> dict[UUID | None, UUID]:
    sample = {membership_id(key): agency_id(one[0]) for key, one in PEOPLE.items()}
    own = {fixed("matrix", f"{a}/{role}"): agency_id(a) for a in AGENCIES for role in Role}
    return {**sample, **own}
