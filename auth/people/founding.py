"""How a real installation begins: the operator adds agencies and invites their first people."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.events import EventOutcome, note
from auth.people.invitations import WEEK, hash_of, new_token
from auth.people.tables import Invitation
from auth.roles import ADMINISTRATORS, ROLES, Role, invitable
from auth.tables import Agency, AgencyArea, AgencyKind, Area, Membership, Team
from portal.errors import Finding, Invalid

NAME_LIMIT, SHORT_LIMIT, TEAM_LIMIT = 120, 30, 80


@dataclass(frozen=True)
class NewAgency:
    """What an operator says of an agency or joint body."""

    name: str
    short_name: str
    kind: AgencyKind
    areas: Sequence[str] = ()
    teams: Sequence[str] = ()
    host: str | None = None
    shows_names: bool = False
    outside: bool = False


@dataclass(frozen=True)
class Listed:
    """An agency as the operator sees it: with its members and administrators counted."""

    id: UUID
    name: str
    kind: AgencyKind
    members: int
    administrators: int
    ended_on: date | None


async def add_agency(db: AsyncSession, new: NewAgency, *, today: date) -> UUID:
    """Let an agency or joint body take part from today, as the operator."""
    host = (await agency_named(db, new.host, "host")).id if new.host else None
    if found := [*_faults(new), *await _unknown(db, new)]:
        raise Invalid(*found)
    agency = Agency(
        name=_tidy(new.name),
        short_name=_tidy(new.short_name),
        kind=new.kind,
        host_id=host,
        shows_names=new.shows_names,
        in_partnership=not new.outside,
    )
    db.add(agency)
    await db.flush()
    for code in dict.fromkeys(new.areas):
        db.add(AgencyArea(agency_id=agency.id, area_code=code, valid_from=today))
    for name in dict.fromkeys(map(_tidy, new.teams)):
        db.add(Team(agency_id=agency.id, name=name))
    _noted(db, "agency_added", agency.name, agency.id)
    await db.flush()
    return agency.id


async def invite_first(
    db: AsyncSession, agency: Agency, role: Role | None, for_whom: str, *, now: datetime
) -> str:
    """Invite somebody as the operator, and answer with the token: only its hash is kept.

    An operator's invitation may carry an administrator's role, since somebody must be the first. It
    never carries one that handles cases.
    """
    found = []
    if role is not None and not (invitable(role) or role in ADMINISTRATORS):
        message = "An invitation carries no such role: two administrators give it afterwards."
        found.append(Finding(("role",), message))
    if role is not None and agency.kind not in ROLES[role].kinds:
        found.append(Finding(("role",), f"Nobody has this role in a {agency.kind.value}."))
    if agency.ended_on is not None:
        found.append(Finding(("agency",), f"{agency.name} has ended.", "AGENCY_ENDED"))
    if not 0 < len(_tidy(for_whom)) <= NAME_LIMIT:
        found.append(Finding(("for",), f"Say for whom, in at most {NAME_LIMIT} characters."))
    if found:
        raise Invalid(*found)
    token = new_token()
    db.add(
        Invitation(
            agency_id=agency.id,
            role=role,
            for_whom=_tidy(for_whom),
            token_hash=hash_of(token),
            made_at=now,
            expires_at=now + WEEK,
        )
    )
    _noted(db, "invited", role.value if role else "no role", agency.id)
    await db.flush()
    return token


async def agency_named(db: AsyncSession, said: str, field: str = "agency") -> Agency:
    """By id, name or short name, whatever its case."""
    name = said.strip().lower()
    wanted = or_(func.lower(col(Agency.name)) == name, func.lower(col(Agency.short_name)) == name)
    with suppress(ValueError):
        wanted = col(Agency.id) == UUID(said.removeprefix("Agency:"))
    found = list((await db.execute(select(Agency).where(wanted).limit(2))).scalars())
    if len(found) != 1:
        which = "There is no such agency" if not found else "Several agencies have this short name"
        raise Invalid.field(field, f"{which}: give its full name or its id (portal agency list).")
    return found[0]


async def agencies(db: AsyncSession, today: date) -> list[Listed]:
    """Every agency and joint body, by name."""
    living = (
        select(func.count())
        .where(col(Membership.agency_id) == col(Agency.id), col(Membership.ended_at).is_(None))
        .correlate(Agency)
        .scalar_subquery()
    )
    administer = func.cardinality(func.administrators_of(col(Agency.id), today))
    found = select(
        col(Agency.id), col(Agency.name), col(Agency.kind), living, administer, col(Agency.ended_on)
    )
    return [Listed(*row) for row in await db.execute(found.order_by(col(Agency.name)))]


def _faults(new: NewAgency) -> list[Finding]:
    named = (("name", new.name, NAME_LIMIT), ("short", new.short_name, SHORT_LIMIT))
    found = [_fault(field, text, limit) for field, text, limit in named]
    found += [_fault("team", team, TEAM_LIMIT) for team in new.teams]
    if (new.kind is AgencyKind.JOINT_BODY) != (new.host is not None):
        message = "A joint body has a host, and nothing else has one."
        found.append(Finding(("host",), message))
    return [fault for fault in found if fault]


def _fault(field: str, text: str, limit: int) -> Finding | None:
    if 0 < len(_tidy(text)) <= limit and text.isprintable():
        return None
    return Finding((field,), f"Give a {field} of 1 to {limit} printable characters.")


async def _unknown(db: AsyncSession, new: NewAgency) -> list[Finding]:
    same = select(func.count()).where(func.lower(col(Agency.name)) == _tidy(new.name).lower())
    found = []
    if (await db.execute(same)).scalar_one():
        found.append(Finding(("name",), f"There is an agency called {_tidy(new.name)}.", "TAKEN"))
    known = select(col(Area.code)).where(col(Area.code).in_(list(new.areas)))
    missing = set(new.areas) - set((await db.execute(known)).scalars())
    if missing:
        message = f"These are no areas that the portal knows: {', '.join(sorted(missing))}."
        found.append(Finding(("area",), message, "UNKNOWN_AREA"))
    return found


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _noted(db: AsyncSession, kind: str, what: str, agency_id: UUID) -> None:
    reason = f"by the operator: {what}"
    note(db, kind, EventOutcome.DONE, reason, uuid4(), agency_id=agency_id)
