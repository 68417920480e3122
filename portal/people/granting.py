"""What administrators do about roles: give them, ask for them, confirm what another asked for."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete

from auth.notices import NoticeKind
from auth.people import access, rules
from auth.people.rules import Wish, in_words
from auth.people.tables import GrantableRoles, RequestState, RoleRequest
from auth.roles import ROLES, Role, SignatoryTitle
from auth.tables import Agency, Membership, MembershipRole
from portal.acting.checks import reason_fault, refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid, NotAllowed
from portal.people.telling import tell_administrators, tell_member

MemberId = Annotated[UUID, Ref("Membership"), "The member concerned."]
RequestId = Annotated[UUID, Ref("RoleRequest"), "The request."]
TheRole = Annotated[Role, "The role."]
Deputy = Annotated[bool, "Whether a single point of contact is the deputy."]
Title = Annotated[SignatoryTitle, "As what an authorised signatory signs."]
LastDay = Annotated[date, "The role's last day; an auditor must have one."]
REASON_LIMIT = 400


async def grant_role(  # noqa: PLR0913 - a role's particulars
    work: Work,
    membership: MemberId,
    role: TheRole,
    *,
    deputy: Deputy = False,
    title: Title | None = None,
    ends_on: LastDay | None = None,
) -> RoleRequest:
    """Give a colleague a role of your agency's list.

    Roles that handle cases, and those of administrators, wait until a second administrator confirms
    them.
    """
    wish = await _wish(work, membership, role, deputy=deputy, title=title, ends_on=ends_on)
    access.may_manage_people(work.caller, wish.agency.id)
    access.may_concern(work.caller, wish.member.person_id)
    await _must_be_ours(work, wish)
    await rules.must_have_a_second(work.db, wish, work.caller.person_id, work.today)
    return await _asked(work, wish)


async def ask_for_role(  # noqa: PLR0913 - a role's particulars
    work: Work,
    membership: MemberId,
    role: TheRole,
    *,
    deputy: Deputy = False,
    title: Title | None = None,
    ends_on: LastDay | None = None,
) -> RoleRequest:
    """As the partnership's administrator, ask for a role where an agency has nobody to confirm it.

    You are the second person: the agency's other administrator confirms.
    """
    wish = await _wish(work, membership, role, deputy=deputy, title=title, ends_on=ends_on)
    access.may_set_grantable(work.caller)
    access.may_concern(work.caller, wish.member.person_id)
    if not ROLES[role].second_person:
        raise Invalid.field("role", "The agency gives this role alone: no second person is asked.")
    left = await rules.administrators(work.db, wish.agency.id, work.today)
    if wish.agency.id == work.caller.agency_id or len(left - {wish.member.person_id}) > 1:
        raise Invalid.field("membership", "This agency has administrators who ask and confirm.")
    await _must_be_ours(work, wish)
    return await _asked(work, wish)


async def confirm_role_request(work: Work, id: RequestId) -> RoleRequest:
    """Confirm, as the second person, a role that somebody asked for; it holds from now on."""
    request = await _waiting(work, id)
    wish = await _wish_of(work, request)
    await _must_be_ours(work, wish)
    if found := await rules.faults(work.db, wish, work.today):
        raise Invalid(*(Finding(("id",), fault.message, fault.code) for fault in found))
    _answer(work, request, RequestState.CONFIRMED)
    await work.db.flush()
    await _tell_of_gift(work, wish)
    return request


async def decline_role_request(
    work: Work, id: RequestId, reason: Annotated[str, "Why not, at most 400 characters."]
) -> RoleRequest:
    """Decline a role that somebody asked for."""
    request = await _waiting(work, id)
    refuse(reason_fault("reason", reason, REASON_LIMIT))
    _answer(work, request, RequestState.DECLINED)
    request.reason = reason.strip()
    await work.db.flush()
    said = f"The role {in_words(request.role)} that you asked for was declined."
    await tell_member(work, request.asked_by_id, NoticeKind.ROLE_ASKED, said)
    return request


async def take_back_role_request(work: Work, id: RequestId) -> RoleRequest:
    """Take back what you asked for, while nobody has answered."""
    request = await work.seen(RoleRequest, id)
    if request.asked_person_id != work.caller.person_id:
        raise NotAllowed(
            "Only who asked for it takes it back; you can decline it.",
            rule="people.asker",
            granted_by="who asked for it",
        )
    await _still_waiting(work, request)
    request.state, request.answered_at = RequestState.TAKEN_BACK, work.now
    return request


async def withdraw_role(work: Work, membership: MemberId, role: TheRole) -> Membership:
    """Take a role away; it ends with the member's next request."""
    member = await work.seen(Membership, membership, "membership")
    access.may_manage_people(work.caller, member.agency_id)
    await rules.hold_agency(work.db, member.agency_id)
    await rules.two_must_administer(work.db, member.agency_id, work.today)
    if await work.db.get(MembershipRole, (member.id, role)) is None:
        raise Invalid.field("role", "They do not have this role.")
    await rules.must_leave_an_administrator(work.db, member, [role], work.today)
    await work.db.execute(select(func.withdraw_role(member.id, role.value)))
    work.db.expire_all()
    agency = await work.seen(Agency, work.caller.agency_id)
    said = f"You are no longer {in_words(role)} in {agency.name}."
    await tell_member(work, membership, NoticeKind.ROLE_CHANGED, said)
    return await work.seen(Membership, membership)


async def set_grantable_roles(
    work: Work,
    agency: Annotated[UUID, Ref("Agency"), "Whose administrators."],
    roles: Annotated[list[Role], "The whole list; null for all that suit its kind."] | None,
) -> Agency:
    """Say which roles an agency's administrators may grant."""
    known = await work.seen(Agency, agency, "agency")
    access.may_set_grantable(work.caller)
    row = {"set_by_id": work.caller.principal_id, "set_at": work.now}
    if roles is None:
        away = delete(GrantableRoles).where(col(GrantableRoles.agency_id) == agency)
        await work.db.execute(away)
    else:
        refuse(*(_unsuitable(role, at, known) for at, role in enumerate(roles)))
        row["roles"] = sorted({role.value for role in roles})
        put = insert(GrantableRoles).values(agency_id=agency, **row)
        put = put.on_conflict_do_update(index_elements=["agency_id"], set_=row)
        await work.db.execute(put)
    said = f"The roles that {known.name} may grant were changed."
    await tell_administrators(work, agency, NoticeKind.ROLE_CHANGED, said)
    return known


def _unsuitable(role: Role, at: int, agency: Agency) -> Finding | None:
    if agency.kind in ROLES[role].kinds:
        return None
    message = f"The role {in_words(role)} makes no sense in an agency of this kind."
    return Finding(("roles", str(at)), message)


async def _wish(work: Work, membership: UUID, role: Role, **particular: Any) -> Wish:  # noqa: ANN401
    member = await work.seen(Membership, membership, "membership")
    return Wish(member, await work.seen(Agency, member.agency_id), role, **particular)


async def _wish_of(work: Work, request: RoleRequest) -> Wish:
    particular = {"deputy": request.deputy, "title": request.title, "ends_on": request.ends_on}
    return await _wish(work, request.membership_id, request.role, **particular)


async def _must_be_ours(work: Work, wish: Wish) -> None:
    """What holds for every gift of a role, when it is asked for and when it is confirmed."""
    await rules.hold_agency(work.db, wish.agency.id)
    await rules.two_must_administer(work.db, wish.agency.id, work.today)
    await rules.must_be_grantable(work.db, wish.agency.id, wish.role)


async def _asked(work: Work, wish: Wish) -> RoleRequest:
    if wish.role is Role.PARTNERSHIP_ADMINISTRATOR:
        access.may_set_grantable(work.caller)
    found = await rules.faults(work.db, wish, work.today)
    if await rules.waits(work.db, wish):
        message = "This has been asked for already and waits for an answer."
        found.append(Finding(("role",), message, "ALREADY_ASKED"))
    refuse(*found)
    request = _request(work, wish)
    work.db.add(request)
    await work.db.flush()
    if request.state is RequestState.GIVEN:
        await _tell_of_gift(work, wish)
    else:
        work.warn("role", "A second administrator must confirm this.", "WAITS_FOR_SECOND")
        said = (
            f"Somebody asked for the role {in_words(wish.role)} for a colleague: confirm it or not."
        )
        await tell_administrators(work, wish.agency.id, NoticeKind.ROLE_ASKED, said)
    return request


def _request(work: Work, wish: Wish) -> RoleRequest:
    twice = ROLES[wish.role].second_person
    if work.caller.person_id is None:
        raise LookupError("only people give roles")
    return RoleRequest(
        agency_id=wish.agency.id,
        membership_id=wish.member.id,
        person_id=wish.member.person_id,
        role=wish.role,
        deputy=wish.deputy,
        title=wish.title,
        ends_on=wish.ends_on,
        asked_by_id=work.caller.principal_id,
        asked_person_id=work.caller.person_id,
        asked_at=work.now,
        state=RequestState.WAITING if twice else RequestState.GIVEN,
    )


async def _waiting(work: Work, id: UUID) -> RoleRequest:
    """A request that the caller may answer."""
    request = await work.seen(RoleRequest, id)
    access.may_manage_people(work.caller, request.agency_id)
    access.may_second(work.caller, (request.asked_person_id, request.person_id))
    return await _still_waiting(work, request)


async def _still_waiting(work: Work, request: RoleRequest) -> RoleRequest:
    await rules.hold_agency(work.db, request.agency_id)
    await work.db.refresh(request)
    if request.state is not RequestState.WAITING:
        raise Invalid.field("id", "This has been answered already.", "WRONG_STATE")
    return request


def _answer(work: Work, request: RoleRequest, state: RequestState) -> None:
    request.state, request.answered_at = state, work.now
    request.answered_by_id = work.caller.principal_id
    request.answered_person_id = work.caller.person_id


async def _tell_of_gift(work: Work, wish: Wish) -> None:
    said = f"You are {in_words(wish.role)} in {wish.agency.name} now."
    await tell_member(work, wish.member.id, NoticeKind.ROLE_CHANGED, said)
    said = f"A colleague is {in_words(wish.role)} in {wish.agency.name} now."
    await tell_administrators(work, wish.agency.id, NoticeKind.ROLE_CHANGED, said)
