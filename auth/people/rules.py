"""The rules on roles that need the database: who could confirm, what an agency may grant, what two
roles exclude one another.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.people.tables import RequestState, RoleRequest
from auth.roles import ADMINISTRATORS, ROLES, TITLES, Role, SignatoryTitle
from auth.tables import Agency, Membership, MembershipRole
from portal.errors import Finding, NotAllowed

LONGEST_AUDIT = timedelta(days=366)


@dataclass(frozen=True)
class Wish:
    """A role for a member, and what is particular about it."""

    member: Membership
    agency: Agency
    role: Role
    deputy: bool = False
    title: SignatoryTitle | None = None
    ends_on: date | None = None


def in_words(role: Role) -> str:
    """A role as a sentence names it."""
    return role.value.replace("_", " ").replace("cps", "CPS").replace("marac", "MARAC")


async def hold_agency(db: AsyncSession, agency_id: UUID) -> None:
    """Administrators of one agency take turns until the transaction ends."""
    await db.execute(select(func.hold_agency(agency_id)))


async def administrators(db: AsyncSession, agency_id: UUID, today: date) -> frozenset[UUID]:
    """The people who administer an agency today."""
    found = await db.execute(select(func.administrators_of(agency_id, today)))
    return frozenset(found.scalar_one())


async def must_belong_only_here(db: AsyncSession, member: Membership, today: date) -> None:
    """To let somebody in again hands over all that they are: no agency does it for another."""
    if (await db.execute(select(func.belongs_elsewhere(member.id, today)))).scalar_one():
        raise NotAllowed(
            "They belong to another agency or joint body as well, and who is let in again could act"
            " there, too. End their membership here and invite them as somebody new.",
            rule="people.belongs_elsewhere",
            granted_by="nobody",
        )


async def two_must_administer(db: AsyncSession, agency_id: UUID, today: date) -> None:
    """No role changes where there is nobody who could notice."""
    if len(await administrators(db, agency_id, today)) < 2:
        raise NotAllowed(
            "Roles change only where there are two administrators. The portal's operator can"
            " invite a second one.",
            rule="people.two_administrators",
            granted_by="the portal's operator",
        )


async def must_be_grantable(db: AsyncSession, agency_id: UUID, role: Role) -> None:
    """Administrators grant from their agency's list and nothing else."""
    if not (await db.execute(select(func.grantable(agency_id, role.value)))).scalar_one():
        raise NotAllowed(
            f"Your agency's list does not have the role {in_words(role)}.",
            rule="people.grantable",
            granted_by="a partnership administrator, who sets the list",
        )


async def must_have_a_second(db: AsyncSession, wish: Wish, asks: UUID | None, today: date) -> None:
    """In an agency of two the partnership's administrator asks, and the agency confirms."""
    others = await administrators(db, wish.agency.id, today) - {wish.member.person_id, asks}
    if ROLES[wish.role].second_person and not others:
        raise NotAllowed(
            "There is nobody here to confirm it beside you and the person concerned. Let a"
            " partnership administrator ask for it (askForRole); then you confirm it.",
            rule="people.nobody_to_confirm",
            granted_by="a partnership administrator",
        )


async def faults(db: AsyncSession, wish: Wish, today: date) -> list[Finding]:
    """What stands against giving this role to this member, now."""
    found = [*_particulars(wish, today)]
    if not lives(wish.member, today):
        message = "This member has left, or has not begun."
        found.append(Finding(("membership",), message, "NOT_AT_WORK"))
    held = await db.get(MembershipRole, (wish.member.id, wish.role))
    if held and (held.deputy, held.title, held.ends_on) == (wish.deputy, wish.title, wish.ends_on):
        found.append(Finding(("role",), "They have this role already.", "WRONG_STATE"))
    excluded = func.role_excluded(wish.member.id, wish.role.value)
    if (await db.execute(select(excluded))).scalar_one():
        message = (
            "This goes with no other role of theirs: administrators see no case, and who advises on"
            " data protection does not sign. Invite them to a membership of its own for it."
        )
        found.append(Finding(("role",), message, "EXCLUDED_ROLE"))
    return found


async def waits(db: AsyncSession, wish: Wish) -> bool:
    """Whether the same role has been asked for already."""
    same = select(func.count()).where(
        col(RoleRequest.membership_id) == wish.member.id,
        col(RoleRequest.role) == wish.role,
        col(RoleRequest.state) == RequestState.WAITING,
    )
    return bool((await db.execute(same)).scalar_one())


def lives(member: Membership, today: date) -> bool:
    """Whether a membership has begun and has not ended."""
    begun = member.starts_on <= today
    return begun and member.ended_at is None and (member.ends_on is None or member.ends_on >= today)


def _particulars(wish: Wish, today: date) -> list[Finding]:
    found = []
    if wish.deputy and wish.role is not Role.AGENCY_SPOC:
        found.append(Finding(("deputy",), "Only a single point of contact has a deputy."))
    signs = wish.role is Role.AUTHORISED_SIGNATORY
    if signs and wish.title is None:
        found.append(Finding(("title",), "Say as what they sign for the agency.", "REQUIRED"))
    if wish.title is not None and not (signs and wish.agency.kind in TITLES[wish.title]):
        message = "Nobody signs as this here: choose another title, or leave it out."
        found.append(Finding(("title",), message))
    if wish.role is Role.AUDITOR and wish.ends_on is None:
        message = "An auditor's role has an end: give its last day."
        found.append(Finding(("endsOn",), message, "REQUIRED"))
    if wish.ends_on is not None and not today <= wish.ends_on <= today + LONGEST_AUDIT:
        found.append(Finding(("endsOn",), "Choose a last day within the next twelve months."))
    return found


async def must_leave_an_administrator(
    db: AsyncSession, member: Membership, lost: Collection[Role], today: date
) -> None:
    """Neither an agency nor the partnership loses its last administrator."""
    if ADMINISTRATORS & set(lost):
        left = await administrators(db, member.agency_id, today) - {member.person_id}
        if not left or (Role.PARTNERSHIP_ADMINISTRATOR in lost and not await _others(db, member)):
            raise NotAllowed(
                "This is the last administrator. Let another one come first.",
                rule="people.last_administrator",
                granted_by="nobody",
            )


async def _others(db: AsyncSession, member: Membership) -> int:
    """How many others administer the partnership."""
    role = MembershipRole
    found = (
        select(func.count())
        .select_from(role)
        .join(Membership, col(Membership.id) == col(role.membership_id))
        .where(
            col(role.role) == Role.PARTNERSHIP_ADMINISTRATOR,
            col(Membership.id) != member.id,
            col(Membership.ended_at).is_(None),
        )
    )
    return int((await db.execute(found)).scalar_one())
