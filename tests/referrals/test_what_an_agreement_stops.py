"""Before an agreement is interrupted, changed or left, each party sees what would stop; and exactly
that stops at the next request.
"""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from support import referring
from support.agreeing import Agreeing, terms
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import move, see, sent, team
from support.reminding import told_of

from portal.agreements.categories import DataCategory
from portal.sample.conferences import MEETINGS
from portal.sample.partnership import PEOPLE, fixed, membership_id
from portal.store.engines import Engines

LEAD = "rasa.protection"
WHY = {"reason": "A letter went astray."}
TEAMS = {"rasa": "ISVA service", "savera": "Casework", "tww": "Outreach"}
READERS = [who for who, told in PEOPLE.items() if told[0] in {*TEAMS, "wirral", "police"}]
STOPS = """query($change: ID!) { agreementStops(change: $change) {
  agency { shortName } own stops narrows } }"""
KEPT = ["NEEDS", "SAFE_CONTACT", "IDENTITY_LINK", "WISHES", "RISK"]
FEW, SOME = "FEWER_THAN_5", "FROM_5_TO_19"
ON_THE_LIST = (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))
Sights = dict[str, set[str]]


@pytest.fixture(scope="module")
async def deal(portal: Portal, cases: Engines) -> AsyncIterator[Agreeing]:
    """RASA, Savera and Tomorrow's Women refer to each other; Savera's team is narrow."""
    async with cases.owner.begin() as owner:
        await owner.execute(text("UPDATE team SET narrow = true WHERE name = 'Casework'"))
    whole = [category.name for category in DataCategory]
    agreed = await Agreeing(portal).in_force(*TEAMS, categories=whole, endsOn="2029-11-15")
    for _ in range(3):
        await refer(portal, "rasa", "savera")
        await refer(portal, "tww", "rasa")
        await refer(portal, "tww", "rasa", "savera")
    await refer(portal, "savera", "tww", "rasa")
    await sent(portal)  # under another agreement
    yield agreed
    async with cases.owner.begin() as owner:
        await owner.execute(text("UPDATE team SET narrow = false WHERE name = 'Casework'"))


async def refer(portal: Portal, sender: str, *to: str) -> None:
    mine = {"by": f"{sender}.caseworker", "senderTeam": team(sender, TEAMS[sender])}
    await sent(portal, *((each, TEAMS[each]) for each in to), **mine)


async def listed(portal: Portal, **wanted: str) -> Sights:
    """What each reader's list shows."""
    return {who: await referring.listed(portal, who, **wanted) for who in READERS}


async def read(cases: Engines, who: str) -> dict[str, set[UUID]]:
    """Of which cases somebody may read which data category."""
    async with cases.command.connect() as connection:
        opening = text("SELECT * FROM open_command_caller(:who, :request)")
        await connection.execute(opening, {"who": membership_id(who), "request": uuid4()})
        asked = text("SELECT id FROM referral WHERE full_acl && caller_keys(:category)")
        return {
            category: set((await connection.execute(asked, {"category": category})).scalars())
            for category in DataCategory
        }


def without(before: Sights, after: Sights) -> Sights:
    return {who: seen - after[who] for who, seen in before.items()}


async def bands(portal: Portal, who: str, change: str) -> dict[str, tuple[str, str]]:
    told = (await portal.ask(who, STOPS, change=change))["agreementStops"]
    return {row["agency"]["shortName"]: (row["stops"], row["narrows"]) for row in told}


async def test_a_suspended_agreement_closes_exactly_what_was_previewed(
    portal: Portal, deal: Agreeing
) -> None:
    before, would_stop = await listed(portal), await listed(portal, stopsWith=deal.id)
    await deal.move(LEAD, "suspendAgreement", **WHY)
    assert without(before, await listed(portal)) == would_stop
    assert len(would_stop["rasa.protection"]) == 7
    assert len(would_stop["savera.caseworker"]) == 6
    assert would_stop["savera.protection"] == set(), "her agency's narrow team keeps its own"
    assert would_stop["wirral.idva"] == would_stop["police.caseworker"] == set()
    await deal.move(LEAD, "resumeAgreement", **WHY)
    assert await listed(portal) == before


async def test_a_suspended_party_loses_what_it_was_given_and_others_what_it_gave(
    portal: Portal, deal: Agreeing
) -> None:
    part = deal.party("TWW")["id"]
    before, would_stop = await listed(portal), await listed(portal, stopsWith=part)
    await deal.move_party("tww.protection", "suspendAgreementParty", "TWW", **WHY)
    assert without(before, await listed(portal)) == would_stop
    lost = {
        who: len(would_stop[who])
        for who in ("rasa", "savera", "tww")
        for who in [f"{who}.caseworker"]
    }
    assert lost == {"rasa.caseworker": 6, "savera.caseworker": 3, "tww.caseworker": 1}
    await deal.move_party("tww.protection", "resumeAgreementParty", "TWW", **WHY)


async def test_a_new_version_takes_exactly_the_parts_that_were_previewed(
    portal: Portal, deal: Agreeing, cases: Engines
) -> None:
    less = terms(categories=KEPT, endsOn="2029-11-15")
    await deal.move(LEAD, "amendAgreement", terms=less, reason="Less is enough.")
    before = await listed(portal)
    assert await listed(portal, stopsWith=deal.newest) == {who: set() for who in READERS}
    narrows = await listed(portal, narrowsWith=deal.newest)
    workers = [f"{agency}.caseworker" for agency in TEAMS]
    full = {who: await read(cases, who) for who in workers}
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by(*TEAMS)
    assert await listed(portal) == before
    for who in workers:
        now = await read(cases, who)
        lost = {c: full[who][c] - now[c] for c in DataCategory}
        gone = {f"Referral:{case}" for some in lost.values() for case in some}
        assert gone == narrows[who]
        assert {c.name for c, some in lost.items() if some} == {c.name for c in DataCategory} - {
            *KEPT
        }
    assert len(narrows["rasa.protection"]) == 7, "who answers for it, and reads no case"


async def test_a_new_version_for_another_purpose_stops_what_was_given_for_the_old_one(
    portal: Portal, deal: Agreeing
) -> None:
    other = terms(purposes=["MARAC"], endsOn="2029-11-15")
    await deal.move(LEAD, "amendAgreement", terms=other, reason="Another purpose.")
    would_stop = await listed(portal, stopsWith=deal.newest)
    assert would_stop == await listed(portal, stopsWith=deal.id)
    await deal.move(LEAD, "giveUpAgreementVersion", **WHY)
    dropped = await listed(portal, stopsWith=deal.newest)
    assert dropped == {who: set() for who in READERS}


async def test_who_proposes_sees_bands_of_others_and_others_their_own_row(
    portal: Portal, deal: Agreeing
) -> None:
    all_of_it = {"RASA": (SOME, FEW), "Savera": (SOME, FEW), "TWW": (FEW, FEW)}
    assert await bands(portal, LEAD, deal.id) == all_of_it
    assert await bands(portal, "savera.protection", deal.id) == {"Savera": (SOME, FEW)}
    assert await bands(portal, "rasa.caseworker", deal.id) == {"RASA": (SOME, FEW)}
    part = deal.party("TWW")["id"]
    parted = {"RASA": (SOME, FEW), "Savera": (FEW, FEW), "TWW": (FEW, FEW)}
    assert await bands(portal, LEAD, part) == parted
    assert await bands(portal, "tww.protection", part) == parted
    assert await bands(portal, "savera.protection", part) == {"Savera": (FEW, FEW)}
    for outsider in ("wirral.protection", "rasa.coordinator"):
        assert await bands(portal, outsider, deal.id) == {}
    assert not await referring.listed(portal, "wirral.idva", stopsWith=deal.id)


async def test_a_version_for_a_role_that_an_agency_has_nobody_in_shows_in_the_bands(
    portal: Portal, deal: Agreeing
) -> None:
    """Whoever answers for it still sees that there are cases; nobody reads what is in them."""
    chairs = terms(permittedRoles=["MARAC_CHAIR"], categories=KEPT, endsOn="2029-11-15")
    await deal.move(LEAD, "amendAgreement", terms=chairs, reason="Chairs only.")
    less = {"RASA": (FEW, SOME), "Savera": (FEW, SOME), "TWW": (FEW, FEW)}
    assert await bands(portal, LEAD, deal.newest) == less
    await deal.move(LEAD, "giveUpAgreementVersion", **WHY)


async def test_a_new_version_for_other_roles_closes_cases_to_those_it_leaves_out(
    portal: Portal, deal: Agreeing
) -> None:
    whole = [category.name for category in DataCategory]
    leads = terms(permittedRoles=["TEAM_LEAD"], categories=whole, endsOn="2029-11-15")
    await deal.move(LEAD, "amendAgreement", terms=leads, reason="Fewer people.")
    before, would_stop = await listed(portal), await listed(portal, stopsWith=deal.newest)
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by(*TEAMS)
    assert without(before, await listed(portal)) == would_stop
    assert len(would_stop["rasa.caseworker"]) == 7
    assert not would_stop["rasa.protection"], "who answers for it still sees that there are cases"


async def test_who_has_no_permitted_role_is_not_told_of_what_comes(
    portal: Portal, deal: Agreeing, cases: Engines
) -> None:
    """After the version for team leads only: a caseworker of the team hears of nothing."""
    row = await sent(
        portal, ("savera", "Casework"), by="rasa.caseworker", senderTeam=team("rasa", TEAMS["rasa"])
    )
    assert ("savera.caseworker", "referral_arrived") not in await told_of(cases, row["id"])


async def test_under_the_ceiling_of_official_no_case_is_shared(
    portal: Portal, deal: Agreeing
) -> None:
    low = terms(ceiling="OFFICIAL", endsOn="2029-11-15")
    await deal.move(LEAD, "amendAgreement", terms=low, reason="General data only.")
    before, would_stop = await listed(portal), await listed(portal, stopsWith=deal.newest)
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by(*TEAMS)
    assert without(before, await listed(portal)) == would_stop
    assert len(would_stop["rasa.protection"]) == 7
    assert not await deal.gate("rasa", "savera")


async def test_those_whom_a_marac_asks_are_told_how_many_cases_would_stop_for_them_too(
    portal: Portal,
) -> None:
    """They have no case sent to them, and lose each one on the meeting's list."""
    for _ in range(5):
        row = await gold(portal)
        await submit(portal, row)
        [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
        done = await move(portal, COORDINATOR, place, "accept", *ON_THE_LIST)
        assert done["__typename"] == "RecipientPayload", done
    deal = f"Agreement:{fixed('agreement', 'wirral-marac')}"
    for who, agency in (("police.protection", "Police"), ("probation.protection", "Probation")):
        own = len(await referring.listed(portal, who, stopsWith=deal))
        assert own >= 5
        told = await bands(portal, who, deal)
        assert told == {agency: (SOME if own < 20 else "FROM_20", FEW)}, (who, own)
