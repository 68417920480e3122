"""How people come to an agency: invited, or let in again after they lost every way to sign in."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from auth.notices import NoticeKind
from auth.people import access, rules
from auth.people.invitations import WEEK, hash_of, link_of, new_token
from auth.people.rules import in_words
from auth.people.tables import Invitation
from auth.roles import Role, invitable
from auth.tables import Membership
from portal.acting.checks import one_line, refuse, title_fault
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid, NotAllowed
from portal.people.telling import tell_administrators, tell_member

InvitationId = Annotated[UUID, Ref("Invitation"), "The invitation."]
ForWhom = Annotated[str, "Whom you mean, for your own list; at most 120 characters."]
NAME_LIMIT = 120


async def invite(
    work: Work,
    for_whom: ForWhom,
    role: Annotated[Role | None, "What they are from the start, if anything."] = None,
) -> Invitation:
    """Invite somebody to your agency or joint body; the link is shown in this answer only.

    It carries no role that a second person would have to confirm.
    """
    access.may_manage_people(work.caller, work.caller.agency_id)
    refuse(title_fault(for_whom, NAME_LIMIT, "forWhom"))
    if role is not None:
        await _may_carry(work, role)
    invitation = _made(work, work.caller.agency_id, one_line(for_whom), role=role)
    _sealed(work, invitation)
    work.db.add(invitation)
    await work.db.flush()
    said = f"{one_line(for_whom)} was invited to your agency."
    await tell_administrators(work, invitation.agency_id, NoticeKind.INVITED, said)
    return invitation


async def invite_again(
    work: Work,
    membership: Annotated[UUID, Ref("Membership"), "Who lost every way to sign in."],
    for_whom: ForWhom,
) -> Invitation:
    """Ask that a member who lost every way to sign in be let in again; a second person confirms."""
    member = await work.seen(Membership, membership, "membership")
    access.may_manage_people(work.caller, member.agency_id)
    access.may_concern(work.caller, member.person_id)
    refuse(title_fault(for_whom, NAME_LIMIT, "forWhom"))
    if not rules.lives(member, work.today):
        raise Invalid.field("membership", "This member has left.", "NOT_AT_WORK")
    await rules.must_belong_only_here(work.db, member, work.today)
    name = one_line(for_whom)
    invitation = _made(work, member.agency_id, name, rebinds_id=member.id)
    work.db.add(invitation)
    await work.db.flush()
    work.warn("membership", "A second administrator must confirm this.", "WAITS_FOR_SECOND")
    said = f"{name} is to be let in again: make sure that it is them, and confirm it or not."
    await tell_administrators(work, member.agency_id, NoticeKind.INVITED, said)
    return invitation


async def confirm_invitation(work: Work, id: InvitationId) -> Invitation:
    """Confirm, as the second person, that a member is let in again; the link is shown to you."""
    invitation = await _open(work, id)
    if invitation.rebinds_id is None or invitation.confirmed_by_id is not None:
        raise Invalid.field("id", "This invitation waits for nobody's word.", "WRONG_STATE")
    concerned = await work.seen(Membership, invitation.rebinds_id)
    access.may_second(work.caller, (invitation.made_person_id, concerned.person_id))
    await _may_confirm(work, invitation, concerned)
    await rules.must_belong_only_here(work.db, concerned, work.today)
    invitation.confirmed_by_id = work.caller.principal_id
    invitation.confirmed_person_id = work.caller.person_id
    invitation.confirmed_at = _really_now()
    _sealed(work, invitation)
    await work.db.flush()
    said = "Two administrators let you in again. If you have not asked for this, tell them at once."
    await tell_member(work, concerned.id, NoticeKind.INVITED, said)
    return invitation


async def withdraw_invitation(work: Work, id: InvitationId) -> Invitation:
    """Take an invitation back; its link opens nothing any more."""
    invitation = await _open(work, id)
    access.may_manage_people(work.caller, invitation.agency_id)
    invitation.withdrawn_at = _really_now()
    return invitation


async def _may_carry(work: Work, role: Role) -> None:
    if not invitable(role):
        raise NotAllowed(
            f"An invitation cannot carry the role {in_words(role)}: grant it once they are here.",
            rule="people.invitation_carries",
            granted_by="two administrators of the agency",
        )
    await rules.two_must_administer(work.db, work.caller.agency_id, work.today)
    await rules.must_be_grantable(work.db, work.caller.agency_id, role)


async def _may_confirm(work: Work, invitation: Invitation, concerned: Membership) -> None:
    """An administrator of the agency; where it has no other, one of the partnership."""
    people = await rules.administrators(work.db, invitation.agency_id, work.today)
    if work.caller.agency_id == invitation.agency_id or len(people - {concerned.person_id}) > 1:
        access.may_manage_people(work.caller, invitation.agency_id)
    else:
        access.may_set_grantable(work.caller)


async def _open(work: Work, id: UUID) -> Invitation:
    """Locked, so that it is not used or confirmed meanwhile."""
    invitation = await work.seen(Invitation, id)
    await work.db.refresh(invitation, with_for_update=True)
    if invitation.used_at is not None or invitation.withdrawn_at is not None:
        raise Invalid.field("id", "This invitation is over already.", "WRONG_STATE")
    return invitation


def _made(
    work: Work,
    agency_id: UUID,
    for_whom: str,
    *,
    role: Role | None = None,
    rebinds_id: UUID | None = None,
) -> Invitation:
    """Invitations live in real time, whatever day a demonstration has fixed."""
    now = _really_now()
    return Invitation(
        agency_id=agency_id,
        role=role,
        for_whom=for_whom,
        rebinds_id=rebinds_id,
        made_by_id=work.caller.principal_id,
        made_person_id=work.caller.person_id,
        made_at=now,
        expires_at=now + WEEK,
    )


def _sealed(work: Work, invitation: Invitation) -> None:
    """Its link goes to who acts, and its hash into the row."""
    token = new_token()
    work.link = link_of(token)
    invitation.token_hash = hash_of(token)
    invitation.expires_at = (invitation.confirmed_at or invitation.made_at) + WEEK


def _really_now() -> datetime:
    return datetime.now(UTC)
