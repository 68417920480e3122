"""What the sender does with a referral before it is sent, and who keeps or works on it."""

import re
from typing import Annotated
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, func, select

from auth.people.rules import lives
from auth.tables import Area, Membership, Team, TeamMember
from portal.acting.act import Deleted
from portal.acting.checks import length_fault, one_line, refuse
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work, reference
from portal.agreements.holding import agency_of
from portal.errors import Invalid
from portal.referrals import access
from portal.referrals.cover.away import warn_if_away
from portal.referrals.emergencies.tables import EmergencyDisclosure
from portal.referrals.engine.files import shipped
from portal.referrals.engine.pathway import OverallRule, Pathway
from portal.referrals.routes import Employment, must_not_be_a_partners
from portal.referrals.tables import (
    RANKS,
    LocalReference,
    Overall,
    Recipient,
    Referral,
    Urgency,
)

ReferralId = Annotated[UUID, Ref("Referral")]
RecipientId = Annotated[UUID, Ref("Recipient")]
TeamId = Annotated[UUID, Ref("Team")]
AreaCode = Annotated[str, "Where the victim lives: the ONS code of the borough; see `areas`."]
HowSoon = Annotated[Urgency, "How soon somebody has to look at it."]
DRAWS = 20
_REFERENCE = re.compile(r"(?=.*[0-9])(?!.*[A-Za-z]{7})[A-Za-z0-9]+(?:[ /._-]+[A-Za-z0-9]+)*")
_LETTERS = re.compile("[A-Za-z]+")
"""A reference is short letters and figures: what is longer is a name, or words about somebody."""


async def start_referral(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    pathway: Annotated[str, "The pathway it goes along, by its name; see `pathways`."],
    sender_team: Annotated[TeamId, "Your agency's team that makes it and keeps it."],
    accused: Annotated[
        Employment,
        "Of whoever is accused of harm: whether they work, may work or worked for an agency of the"
        " partnership. Ask first: if so, nothing is stored, and the answer names other routes.",
    ],
    urgency: HowSoon = Urgency.ROUTINE,
    area: AreaCode | None = None,
    onward_from: Annotated[ReferralId | None, "The referral that it passes on."] = None,
    own_reference: Annotated[
        str | None, "What your agency calls the case: a number, and no name."
    ] = None,
) -> Referral:
    """Begin a referral: a draft that only your agency sees."""
    access.may_refer(work.caller)
    access.may_keep_cases(demonstration=work.demonstration)
    must_not_be_a_partners(accused, "accused")
    way = _pathway(pathway)
    team = await team_of(work, sender_team, "senderTeam")
    if team.agency_id != work.caller.agency_id:
        raise Invalid.field("senderTeam", "Choose a team of your own agency.")
    referral = Referral(
        reference=reference("RF"),
        pathway=way.name,
        pathway_version=way.version,
        purpose=way.purpose,
        categories=list(way.shares),
        all_take=way.overall is OverallRule.ALL_TAKE,
        urgency=urgency,
        sender_agency_id=team.agency_id,
        sender_team_id=team.id,
        area_code=await area_of(work, area),
        onward_from_id=(await passed_on(work, onward_from)).id if onward_from else None,
        created_by_id=work.caller.principal_id,
    )
    await save_referral(work, referral)
    if own_reference is not None:
        _name(work, referral, own_reference)
    return referral


async def change_referral(
    work: Work,
    id: ReferralId,
    expected_version: int,
    urgency: HowSoon | Keep = KEEP,
    area: AreaCode | Keep | None = KEEP,
) -> Referral:
    """Change a draft."""
    referral = await to_draft(work, id, expected_version)
    if not isinstance(urgency, Keep):
        referral.urgency = urgency
        for recipient in await recipients_of(work, referral):
            recipient.rank = RANKS[urgency]
    if not isinstance(area, Keep):
        referral.area_code = await area_of(work, area)
    return referral


async def address_referral(
    work: Work,
    id: ReferralId,
    expected_version: int,
    team: Annotated[TeamId, "The team that is asked to act; never the sender's own."],
) -> Referral:
    """Address a draft to a team; it learns of it when the referral is sent."""
    referral = await to_draft(work, id, expected_version)
    to = await team_of(work, team, "team")
    if to.id == referral.sender_team_id:
        raise Invalid.field(
            "team", "A team does not refer to itself. Choose another team.", "OWN_TEAM"
        )
    if to.id in {recipient.team_id for recipient in await recipients_of(work, referral)}:
        raise Invalid.field("team", "It is addressed to this team already.", "ADDRESSED")
    work.db.add(
        Recipient(
            referral_id=referral.id,
            agency_id=to.agency_id,
            team_id=to.id,
            rank=RANKS[referral.urgency],
        )
    )
    return referral


async def take_off_recipient(
    work: Work,
    id: ReferralId,
    expected_version: int,
    team: Annotated[TeamId, "A team that the draft is addressed to."],
) -> Referral:
    """Take a team off a draft again."""
    referral = await to_draft(work, id, expected_version)
    for recipient in await recipients_of(work, referral):
        if recipient.team_id == team:
            await work.db.delete(recipient)
            return referral
    raise Invalid.field("team", "It is not addressed to this team.")


async def delete_referral(work: Work, id: ReferralId, expected_version: int) -> Deleted:
    """Delete a draft; what was sent can only be withdrawn."""
    referral = await to_draft(work, id, expected_version)
    given = select(EmergencyDisclosure.id).where(col(EmergencyDisclosure.referral_id) == id)
    if (await work.db.execute(given.limit(1))).first() is not None:
        said = "It was disclosed in an emergency, and the record of that stays."
        raise Invalid.field("id", said, "DISCLOSED_ALREADY")
    await work.db.delete(referral)
    return Deleted("Referral", referral.id)


async def name_own_reference(
    work: Work,
    referral: ReferralId,
    own_reference: Annotated[
        str, "What your agency calls the case: a number, at most 60 characters, and no name."
    ],
) -> Referral:
    """Say what your agency calls the case; nobody else ever sees it."""
    row = await work.seen(Referral, referral, "referral")
    access.may_refer(work.caller)
    known = select(LocalReference).where(
        col(LocalReference.referral_id) == row.id,
        col(LocalReference.agency_id) == work.caller.agency_id,
    )
    found = (await work.db.execute(known)).scalar_one_or_none()
    if found is None:
        _name(work, row, own_reference)
    else:
        found.value = _called(own_reference)
    return row


async def allocate_referral(
    work: Work,
    recipient: RecipientId,
    expected_version: int,
    allocated_to: Annotated[
        Annotated[UUID, Ref("Membership")] | None,
        "A member of the team; null puts it back on the team's unallocated list.",
    ] = None,
) -> Recipient:
    """Say who in the team works on a referral, or put it back on the team's list."""
    row = await work.seen(Recipient, recipient, "recipient")
    access.may_allocate(work.caller, row.agency_id)
    row = await work.hold(row, expected_version)
    if allocated_to is not None:
        await must_be_in(work, row.team_id, allocated_to)
        await warn_if_away(work, row.team_id, allocated_to)
    row.allocated_to_id = allocated_to
    return row


async def to_draft(work: Work, referral_id: UUID, expected_version: int) -> Referral:
    """The referral, locked, if it is a draft of the caller's agency."""
    referral = await to_send(work, referral_id, expected_version)
    if referral.overall is not Overall.DRAFT:
        raise Invalid.field(
            "id", "This referral has been sent. Withdraw it, or make a new one.", "SENT"
        )
    return referral


async def to_send(work: Work, referral_id: UUID, expected_version: int) -> Referral:
    """The referral, locked, if the caller decides for its sender."""
    referral = await work.seen(Referral, referral_id)
    access.may_send(work.caller, referral)
    return await work.hold(referral, expected_version)


async def recipients_of(work: Work, referral: Referral) -> list[Recipient]:
    """Whom it is addressed to, the first first."""
    found = select(Recipient).where(col(Recipient.referral_id) == referral.id)
    found = found.order_by(col(Recipient.created_at), col(Recipient.id))
    return list((await work.db.execute(found)).scalars())


async def team_of(work: Work, team_id: UUID, field: str) -> Team:
    """A team that works today; of an abolished body the successor's name is told."""
    team = await work.seen(Team, team_id, field)
    if team.ended_on is not None and team.ended_on <= work.today:
        raise Invalid.field(field, "This team has ended. Choose a team that works today.")
    await agency_of(work, team.agency_id, field)
    return team


def pathway_of(referral: Referral) -> Pathway:
    """The pathway in the version that the referral began with."""
    return shipped().of(referral.pathway, referral.pathway_version)


def _pathway(name: str) -> Pathway:
    known = shipped().newest(name)
    if known is None:
        names = ", ".join(shipped().names)
        raise Invalid.field(
            "pathway", f"There is no such pathway. There are: {names}.", "UNKNOWN_PATHWAY"
        )
    return known


async def area_of(work: Work, code: str | None) -> str | None:
    if code is None:
        return None
    known = await work.db.get(Area, code)
    if known is None or not known.valid_from <= work.today <= (known.valid_to or work.today):
        raise Invalid.field("area", "No area has this code today. See the query `areas`.")
    return known.code


async def passed_on(work: Work, referral_id: UUID) -> Referral:
    """What is passed on is a referral that one's own agency was sent and did not lose."""
    earlier = await work.seen(Referral, referral_id, "onwardFrom")
    agencies = {
        place.agency_id
        for place in await recipients_of(work, earlier)
        if place.given_at is not None and place.lost_at is None
    }
    if work.caller.agency_id not in agencies:
        raise Invalid.field(
            "onwardFrom", "Only a recipient passes a referral on. Leave it out for a new case."
        )
    return earlier


async def save_referral(work: Work, referral: Referral) -> None:
    """A reference is random; one that is taken, by whatever hidden row, is drawn again."""
    for _ in range(DRAWS):
        try:
            async with work.db.begin_nested():
                work.db.add(referral)
                await work.db.flush()
        except IntegrityError as taken:
            if "referral_reference_key" not in str(taken):
                raise
            referral.reference = reference("RF")
        else:
            return
    raise LookupError("no free reference was drawn")


def _name(work: Work, referral: Referral, own_reference: str) -> None:
    value = _called(own_reference)
    work.db.add(
        LocalReference(referral_id=referral.id, agency_id=work.caller.agency_id, value=value)
    )


def _called(own_reference: str) -> str:
    refuse(length_fault("ownReference", own_reference, 60))
    value = one_line(own_reference)
    if not value:
        raise Invalid.field("ownReference", "Enter the reference, or leave it out.")
    if not _REFERENCE.fullmatch(value) or len(_LETTERS.findall(value)) > 2:
        raise Invalid.field(
            "ownReference",
            "Enter a reference such as TWW 26/114: figures, at most two groups of up to six"
            " letters, and / - . _ between them. Never a name, or words about a person.",
            "NOT_A_REFERENCE",
        )
    return value


async def must_be_in(work: Work, team_id: UUID, membership_id: UUID) -> None:
    member = await work.seen(Membership, membership_id, "allocatedTo")
    found = select(func.count()).where(
        col(TeamMember.team_id) == team_id, col(TeamMember.membership_id) == member.id
    )
    if not (await work.db.execute(found)).scalar_one():
        raise Invalid.field("allocatedTo", "Choose a member of the team that it was sent to.")
    if not lives(member, work.today):
        message = "This person does not work here today. Choose somebody who does."
        raise Invalid.field("allocatedTo", message, "NOT_AT_WORK")
