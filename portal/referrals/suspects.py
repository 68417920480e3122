"""A further suspect comes up in a case that police and prosecutors follow already."""

from typing import Annotated
from uuid import UUID

from portal.acting.work import Work
from portal.errors import Invalid
from portal.referrals.detailing import add_subject
from portal.referrals.engine.pathway import Part
from portal.referrals.routes import Employment, must_not_be_a_partners
from portal.referrals.sending import audience_of, must_be_covered
from portal.referrals.steps import Given, read_fields, step
from portal.referrals.tables import Referral
from portal.referrals.tracks import how_many, must_agree, track_of
from portal.referrals.verbs import ReferralId, pathway_of, recipients_of, to_send


async def add_suspect(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    employment: Annotated[Employment, "Whether they are or were a partner's."],
    person: Annotated[
        UUID | None, "Their number from an earlier referral of your agency; a new one if left out."
    ] = None,
    fields: Given = None,
) -> Referral:
    """Add a suspect to a registered case: they are followed apart from the others, from their own
    registration on, with every team that follows those.
    """
    referral = await to_send(work, id, expected_version)
    must_not_be_a_partners(employment)
    each = pathway_of(referral).each
    tracks = {
        (one.team_id): one for one in await recipients_of(work, referral) if one.suspect is not None
    }
    if each is None or not tracks:
        raise Invalid.field(
            "id", "Only a registered matter of police and prosecutors takes one.", "NO_TRACKS"
        )
    audience = await audience_of(work, referral)
    await must_be_covered(work, audience)
    await add_subject(work, referral, each.role, person, employment)
    number = await how_many(work, referral, each.role)
    said = read_fields(pathway_of(referral), fields or [])
    must_agree(said.get(each.count), number, each.count)
    for party in audience:
        if party.part == "receiver" and party.team_id in tracks:
            track = track_of(tracks[party.team_id], number)
            track.agreement_id, track.gateway = party.agreement_id, party.gateway
            track.given_at = work.now
            work.db.add(track)
            await work.db.flush()
            opening = pathway_of(referral).opening
            await step(work, referral, track, opening, [Part.SENDER], fields or [])
    return referral
