"""Whoever sends a case to a MARAC may believe that it repeats an earlier one. Its coordinator links
it, or says that it is none, and takes a link back that was a mistake. Nobody else learns of any of
this: the sender may have had no part in the earlier case.
"""

from typing import Annotated
from uuid import UUID

from sqlalchemy import exists
from sqlmodel import col, select

from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.marac import access
from portal.marac.tables import MaracBelief, MaracRepeat, MistakenLink, NoRepeat
from portal.referrals.engine.standing import Event, Standing
from portal.referrals.tables import Recipient, Referral

REPEAT_OF = "repeat_of"
GONE = "It was taken back already: link the cases anew (`linkRepeat`) if they belong together."
JUDGED = "It was judged to be no repeat already. If it is one after all, link it (`linkRepeat`)."
LINKED = "It is linked to an earlier case: take that back first (`takeBackRepeat`)."


async def keep_belief(
    work: Work, referral: Referral, recipient: Recipient, event: Event, standing: Standing
) -> None:
    """Follow the move by which a case is sent: put it on the list of those still to link."""
    pathway = standing.pathway
    sends = event.name in pathway.moves and pathway.sends(event.name)
    if pathway.repeats and sends and event.fields.get(REPEAT_OF):
        _believe(work, referral.id, recipient)


async def hand_on_belief(work: Work, old: Recipient, new: Recipient) -> None:
    """Another MARAC that is to take the case over judges it for itself."""
    found = select(MaracBelief.id).where(col(MaracBelief.recipient_id) == old.id)
    if (await work.db.execute(found.limit(1))).first() is not None:
        _believe(work, old.referral_id, new)


def _believe(work: Work, referral: UUID, place: Recipient) -> None:
    work.db.add(MaracBelief(referral_id=referral, recipient_id=place.id, agency_id=place.agency_id))


async def judge_no_repeat(
    work: Work,
    id: Annotated[UUID, Ref("MaracBelief")],
    expected_version: int,
    reason: Annotated[NoRepeat, "Why it is none."],
) -> MaracBelief:
    """Say that a case is no repeat, though its sender believes so. Nobody but your MARAC's
    coordinators sees it.
    """
    belief = await work.seen(MaracBelief, id)
    access.may_coordinate(work.caller, belief.agency_id)
    belief = await work.hold(belief, expected_version)
    if belief.judged_at is not None:
        raise Invalid.field("id", JUDGED, "WRONG_STATE")
    linked = exists().where(
        col(MaracRepeat.recipient_id) == belief.recipient_id,
        col(MaracRepeat.taken_back_at).is_(None),
    )
    if (await work.db.execute(select(linked))).scalar_one():
        raise Invalid.field("id", LINKED, "WRONG_STATE")
    belief.judgement, belief.judged_at = reason, work.now
    belief.judged_by_id = work.caller.principal_id
    return belief


async def take_back_repeat(
    work: Work,
    id: Annotated[UUID, Ref("MaracRepeat")],
    expected_version: int,
    reason: Annotated[MistakenLink, "Why it was a mistake."],
) -> MaracRepeat:
    """Take back a link of two cases that was a mistake. It stays as one; the later case is still
    to link, if its sender believes that it is a repeat.
    """
    link = await work.seen(MaracRepeat, id)
    access.may_coordinate(work.caller, link.agency_id)
    link = await work.hold(link, expected_version)
    if link.taken_back_at is not None:
        raise Invalid.field("id", GONE, "WRONG_STATE")
    link.taken_back_at, link.taken_back_reason = work.now, reason
    link.taken_back_by_id = work.caller.principal_id
    return link
