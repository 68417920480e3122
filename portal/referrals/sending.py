"""A referral is sent, to exactly those that its sender was shown; and taken back."""

from typing import Annotated, Any

from sqlalchemy import Row
from sqlmodel import col, func, select

from auth.tables import Agency
from portal.acting.work import Work
from portal.agreements.categories import DataCategory
from portal.errors import Conflict, Finding, Invalid
from portal.referrals.codes import SubjectRole
from portal.referrals.details import Subject, Wishes
from portal.referrals.engine.pathway import Part
from portal.referrals.onward import must_be_passed_on
from portal.referrals.prosecution import DisclosureRead, must_have_read
from portal.referrals.steps import (
    WITHDRAW,
    FieldGiven,
    Given,
    ended_unbegun,
    read_fields,
    step,
)
from portal.referrals.tables import Overall, Referral
from portal.referrals.tracks import opened
from portal.referrals.verbs import (
    ReferralId,
    passed_on,
    pathway_of,
    recipients_of,
    to_draft,
    to_send,
)

UNNAMED = "Say first whom it is about: name {one}, as a number (`nameSubject`)."
UNASKED = (
    "Say first what the victim knows of it and wishes, or by code why it is made without"
    " (`setWishes`)."
)
ONES = {
    SubjectRole.VICTIM: "the victim",
    SubjectRole.CHILD: "the child",
    SubjectRole.ALLEGED_PERPETRATOR: "the alleged perpetrator",
    SubjectRole.SUSPECT: "the suspect",
}
CHANGED = (
    "Who would see this referral, or under which agreement, has changed since you looked: look at"
    " the preview again, and send with its new token."
)


async def send_referral(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    token: Annotated[str, "The token of the preview that you looked at."],
    move: Annotated[str | None, "How it is sent, where the pathway has several ways."] = None,
    fields: Given = None,
    disclosure_read: DisclosureRead = False,
) -> Referral:
    """Send a draft to the teams it is addressed to, as its preview showed. It names whom the
    pathway is about (`nameSubject`), and for a victim says what she knows and wishes (`setWishes`).
    """
    referral = await to_draft(work, id, expected_version)
    way = _way(referral, move)
    if (await work.db.execute(select(func.audience_mark(referral.id)))).scalar_one() != token:
        raise Conflict(referral.version, CHANGED)
    audience = await audience_of(work, referral)
    await must_be_covered(work, audience)
    await must_be_about_somebody(work, referral)
    given_to = {party.agency_id for party in audience if party.part != "sender"}
    others = given_to - {referral.sender_agency_id}
    recipients = {recipient.team_id: recipient for recipient in await recipients_of(work, referral)}
    if referral.onward_from_id is not None:
        earlier = await passed_on(work, referral.onward_from_id)
        await must_be_passed_on(work, earlier, given_to, recipients.values(), "id")
    warned = await must_have_read(work, others, read=disclosure_read)
    shown = [party.team_id for party in audience if party.part == "representative"]
    if not recipients:
        raise Invalid.field("id", "Address it to a team first.", "NO_RECIPIENT")
    referral.overall, referral.sent_at = Overall.WAITING, work.now
    await work.db.flush()
    for party in audience:
        if party.part == "receiver":
            recipient = recipients[party.team_id]
            recipient.agreement_id, recipient.gateway = party.agreement_id, party.gateway
            recipient.given_at, recipient.is_open = work.now, True
            recipient.shown = shown or None
            recipient.disclosure_read_at = work.now if party.agency_id in warned else None
            said = read_fields(pathway_of(referral), fields or [])
            for track, name in await opened(work, referral, recipient, way, said):
                await step(work, referral, track, name, [Part.SENDER], fields or [])
    return referral


async def must_be_about_somebody(work: Work, referral: Referral) -> None:
    """Refuse what names nobody, and what is for a victim and does not say whether she knows."""
    pathway = pathway_of(referral)
    roles = select(Subject.role).where(col(Subject.referral_id) == referral.id)
    wishes = select(Wishes.id).where(col(Wishes.referral_id) == referral.id)
    named = set((await work.db.execute(roles)).scalars())
    lacking = [
        Finding(("id",), UNNAMED.format(one=ONES[role]), "NO_SUBJECT")
        for role in pathway.about
        if role not in named
    ]
    asks = SubjectRole.VICTIM in pathway.about and DataCategory.WISHES in pathway.shares
    if asks and (await work.db.execute(wishes)).first() is None:
        lacking.append(Finding(("id",), UNASKED, "NO_WISHES"))
    if lacking:
        raise Invalid(*lacking)


def _way(referral: Referral, move: str | None) -> str:
    """The move by which it is sent: the pathway's only one, or one of them."""
    pathway = pathway_of(referral)
    ways = [name for name in pathway.moves if pathway.sends(name)]
    if move is None and len(ways) == 1:
        return ways[0]
    if move not in ways:
        raise Invalid.field("move", f"Say how it is sent: {', '.join(ways)}.", "IMPOSSIBLE_MOVE")
    return move


async def withdraw_referral(
    work: Work,
    id: ReferralId,
    expected_version: int,
    fields: Given = None,
) -> Referral:
    """Take a referral back from every recipient, while none has begun; they see it no longer, nor
    does one that had declined it or passed it on.
    """
    referral = await to_send(work, id, expected_version)
    if referral.overall is Overall.DRAFT:
        raise Invalid.field("id", "It has not been sent: delete the draft instead.", "WRONG_STATE")
    taking: list[FieldGiven] = fields or []
    places = [one for one in await recipients_of(work, referral) if one.lost_at is None]
    if not places:
        raise Invalid.field("id", "It has been taken back already.", "WRONG_STATE")
    over = {one.id for one in places if await ended_unbegun(work, referral, one)}
    for place in sorted(places, key=lambda one: one.from_id is not None):
        if place.id in over and len(over) < len(places):
            # It said no or passed it on, which is no reason to leave the case with the others.
            place.lost_at = work.now
        elif place.lost_at is None:
            await step(work, referral, place, WITHDRAW, [Part.SENDER], taking)
    return referral


async def audience_of(work: Work, referral: Referral) -> list[Row[Any]]:
    listed = func.referral_audience(referral.id).table_valued(
        "agency_id", "team_id", "part", "agreement_id", "gateway", "lacking"
    )
    return list((await work.db.execute(select(*listed.c))).all())


async def must_be_covered(work: Work, audience: list[Row[Any]]) -> None:
    """Law 4: no agreement in force, no standing access."""
    lacking = {party.agency_id for party in audience if party.lacking}
    if lacking:
        names = select(col(Agency.name)).where(col(Agency.id).in_(lacking)).order_by("name")
        raise Invalid(
            *(
                Finding(
                    ("id",),
                    f"No agreement in force lets your agency share this with {name} for this"
                    " purpose. Ask your data protection lead, take it off, or refer outside.",
                    "NO_AGREEMENT",
                )
                for name in (await work.db.execute(names)).scalars()
            )
        )
