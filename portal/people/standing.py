"""How long people are trained, vetted and bound to confidentiality, and how they leave."""

from datetime import date
from typing import Annotated
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from auth.notices import NoticeKind
from auth.oauth.tables import Client
from auth.people import access, rules
from auth.people.tables import Standing
from auth.sessions.tables import BrowserSession
from auth.tables import Agency, Membership, MembershipRole
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.people.telling import tell_administrators, tell_member

MemberId = Annotated[UUID, Ref("Membership"), "The member concerned."]


async def record_standing(
    work: Work,
    membership: MemberId,
    training_until: Annotated[date | Keep | None, "Trained until this day."] = KEEP,
    vetting_until: Annotated[date | Keep | None, "Vetted until this day."] = KEEP,
    confidentiality_until: Annotated[
        date | Keep | None, "Bound by a confidentiality declaration until this day."
    ] = KEEP,
) -> Standing:
    """Record until when a colleague is trained, vetted and bound to confidentiality.

    Roles that handle cases rest as long as one of the days has passed, or is not recorded.
    """
    member = await work.seen(Membership, membership, "membership")
    access.may_manage_people(work.caller, member.agency_id)
    access.may_concern(work.caller, member.person_id)
    days = {
        "training_until": training_until,
        "vetting_until": vetting_until,
        "confidentiality_until": confidentiality_until,
    }
    given = {name: day for name, day in days.items() if not isinstance(day, Keep)}
    if not given:
        raise Invalid.field("trainingUntil", "Give at least one day.", "REQUIRED")
    row = {**given, "recorded_by_id": work.caller.principal_id, "recorded_at": work.now}
    put = insert(Standing).values(id=uuid4(), membership_id=member.id, **row)
    put = put.on_conflict_do_update(index_elements=["membership_id"], set_=row)
    await work.db.execute(put)
    said = "An administrator recorded your training, vetting or confidentiality declaration."
    await tell_member(work, member.id, NoticeKind.STANDING_RECORDED, said)
    of_them = select(Standing).where(col(Standing.membership_id) == member.id)
    found = await work.db.execute(of_them, execution_options={"populate_existing": True})
    return found.scalar_one()


async def end_membership(work: Work, membership: MemberId) -> Membership:
    """End a membership at once: its sessions, tokens and consents are refused from now on.

    The person keeps what memberships they have elsewhere. What they had begun is handed over with
    `handOverWork`.
    """
    member = await work.seen(Membership, membership, "membership")
    access.may_manage_people(work.caller, member.agency_id)
    await rules.hold_agency(work.db, member.agency_id)
    await work.db.refresh(member)
    if member.ended_at is not None:
        raise Invalid.field("membership", "It has ended already.", "WRONG_STATE")
    held = select(col(MembershipRole.role)).where(col(MembershipRole.membership_id) == member.id)
    roles = (await work.db.execute(held)).scalars().all()
    await rules.must_leave_an_administrator(work.db, member, roles, work.today)
    await _warn_of_what_is_left(work, member)
    agency = await work.seen(Agency, member.agency_id)
    said = f"Your membership of {agency.name} has ended."
    await tell_member(work, member.id, NoticeKind.MEMBERSHIP_ENDED, said)
    said = f"A membership of {agency.name} has ended."
    await tell_administrators(work, agency.id, NoticeKind.MEMBERSHIP_ENDED, said)
    await work.db.execute(select(func.end_membership(member.id)))
    await work.db.refresh(member)
    return member


async def sign_out_member(work: Work, membership: MemberId) -> Membership:
    """Sign a colleague out of every browser in which they act for your agency.

    For a device that was lost or left open. What they let programs do as this membership ends, too;
    they can sign in again. You learn how many browsers it was, and nothing of where they are.
    """
    member = await work.seen(Membership, membership, "membership")
    access.may_manage_people(work.caller, member.agency_id)
    access.may_concern(work.caller, member.person_id)
    said = "An administrator signed you out everywhere. Sign in again, and look at your sign-ins."
    await tell_member(work, member.id, NoticeKind.SIGN_IN_CHANGED, said)
    number = (await work.db.execute(select(func.sign_out_member(member.id)))).scalar_one()
    work.warn("membership", f"Signed out of browsers: {number}.", "SESSIONS_ENDED")
    return member


async def end_member_session(
    work: Work,
    session: Annotated[UUID, Ref("BrowserSession"), "The session, from `memberSessions`."],
) -> BrowserSession:
    """Sign a colleague out of one browser in which they act for your agency, and leave the others.

    What they let programs do stays: `signOutMember` ends that too.
    """
    row = await work.seen(BrowserSession, session, "session")
    access.may_concern(work.caller, row.person_id)
    member = await work.seen(Membership, row.membership_id or session, "session")
    access.may_manage_people(work.caller, member.agency_id)
    if (await work.db.execute(select(func.end_member_session(row.id)))).scalar_one():
        said = f"An administrator signed you out of one browser: {row.device}."
        await tell_member(work, member.id, NoticeKind.SIGN_IN_CHANGED, said)
    await work.db.refresh(row)
    return row


async def _warn_of_what_is_left(work: Work, member: Membership) -> None:
    """Work that somebody must take over, and programs that answer to nobody now."""
    if number := (await work.db.execute(select(func.work_left_by(member.id)))).scalar_one():
        said = f"Unfinished actions are allocated to them: {number}. Hand them over."
        work.warn("membership", said, "WORK_LEFT")
    programs = select(col(Client.name)).where(
        col(Client.owner_membership_id) == member.id, col(Client.ended_at).is_(None)
    )
    if names := sorted((await work.db.execute(programs)).scalars()):
        said = f"These programs answered to them and see nothing from now on: {', '.join(names)}."
        work.warn("membership", said, "PROGRAMS_LEFT")
