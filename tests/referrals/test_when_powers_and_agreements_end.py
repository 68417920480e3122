"""What was given by a legal power or under an agreement closes when that ends, and nothing else."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from support import referring
from support.agreeing import Agreeing, terms
from support.asking import Portal
from support.referring import sent, team

from portal.agreements.categories import RUN_OFF, DataCategory
from portal.sample.partnership import PEOPLE, fixed, membership_id
from portal.store.engines import Engines

TEAMS = {
    "rasa": "ISVA service", "savera": "Casework", "tww": "Outreach",
    "police": "Protecting vulnerable people", "wirral": "Family safety unit",
}  # fmt: skip
READERS = [who for who, told in PEOPLE.items() if told[0] in TEAMS]
ROW = "...on GatewayPayload { gateway { id version } }"
WHOLE = [category.name for category in DataCategory]
Sights = dict[str, set[str]]


@pytest.fixture(scope="module")
async def deal(portal: Portal) -> Agreeing:
    """RASA and Savera refer to each other by a power of their own and by another."""
    power = await changed(portal, "refuge_placing")
    gateways = [power, *terms()["gateways"]]
    agreed = await Agreeing(portal).in_force(
        "rasa", "savera", categories=WHOLE, gateways=gateways, endsOn="2029-11-15", runOffDays=30
    )
    await refer(portal, "rasa", "savera")
    await refer(portal, "savera", "rasa")
    await refer(portal, "tww", "wirral")
    return agreed


async def changed(portal: Portal, key: str, **more: object) -> str:
    """A legal power as two people have made it."""
    words = {
        "name": "Placing in refuges", "law": "Invented Act 2026", "purposes": ["VICTIM_SUPPORT"],
        "senderKinds": ["CHARITY"], "receiverKinds": ["CHARITY"], "confirmed": True, **more,
    }  # fmt: skip
    day = words.pop("validFrom", "2026-11-16")
    given = {"key": key, "words": words, "validFrom": day}
    row = (await portal.do("savera.protection", "proposeGateway", given, ROW))["gateway"]
    given = {"id": row["id"], "expectedVersion": row["version"]}
    done = await portal.do("wirral.protection", "confirmGateway", given, ROW)
    return str(done["gateway"]["id"])


async def refer(portal: Portal, sender: str, to: str) -> str:
    who = "wirral.idva" if sender == "wirral" else f"{sender}.caseworker"
    mine = {"by": who, "senderTeam": team(sender, TEAMS[sender])}
    return str((await sent(portal, (to, TEAMS[to]), **mine))["id"])


async def listed(portal: Portal, **wanted: str) -> Sights:
    return {who: await referring.listed(portal, who, **wanted) for who in READERS}


async def read(cases: Engines, who: str, category: str) -> set[UUID]:
    async with cases.command.connect() as connection:
        opening = text("SELECT * FROM open_command_caller(:who, :request)")
        await connection.execute(opening, {"who": membership_id(who), "request": uuid4()})
        asked = text("SELECT id FROM referral WHERE full_acl && caller_keys(:category)")
        return set((await connection.execute(asked, {"category": category})).scalars())


def on(portal: Portal, day: date) -> Portal:
    return Portal(portal.schema, portal.engine, day)


async def test_a_power_that_ends_closes_what_was_given_by_it(
    portal: Portal, deal: Agreeing
) -> None:
    last, over = on(portal, date(2026, 11, 30)), on(portal, date(2026, 12, 1))
    await changed(portal, "refuge_placing", validFrom="2026-11-17", validTo="2026-11-30")
    before, after = await listed(last), await listed(over)
    lost = {who: seen - after[who] for who, seen in before.items() if seen - after[who]}
    assert before["rasa.caseworker"] - after["rasa.caseworker"]
    assert set(lost) == {
        who for who in READERS if PEOPLE[who][0] in {"rasa", "savera"} and before[who]
    }
    assert all(len(some) == 1 for some in lost.values()), (
        "what was sent to them, not what they sent"
    )
    assert await Agreeing(over, deal.id).gate("rasa", "savera"), "the other power is there still"


async def test_an_authoritys_suspension_closes_what_was_given_to_who_acts_for_it(
    portal: Portal, cases: Engines
) -> None:
    case = await refer(portal, "police", "rasa")
    part = f"AgreementParty:{fixed('agreement-party', 'wirral-marac/wirral')}"
    before, would_stop = await listed(portal), await listed(portal, stopsWith=part)
    assert case in would_stop["rasa.caseworker"]
    suspend = "UPDATE agreement_party SET suspended_at = {} WHERE id = :id"
    given = {"id": fixed("agreement-party", "wirral-marac/wirral")}
    async with cases.owner.begin() as owner:
        await owner.execute(text(suspend.format("now()")), given)
    after = await listed(portal)
    assert {who: seen - after[who] for who, seen in before.items()} == would_stop
    async with cases.owner.begin() as owner:
        await owner.execute(text(suspend.format("NULL")), given)
    assert await listed(portal) == before


@pytest.mark.parametrize("run_off", [None, 30])
async def test_an_end_yesterday_turns_what_the_agreement_opened_and_nothing_else(
    portal: Portal, deal: Agreeing, cases: Engines, run_off: int | None
) -> None:
    ends = text(
        "UPDATE agreement_version SET ends_on = :day, review_on = :day, starts_on = :first,"
        " run_off_days = :days WHERE agreement_id = :id"
    )
    given = {"id": UUID(deal.id.removeprefix("Agreement:")), "first": date(2026, 11, 1)}
    would_stop = await listed(portal, stopsWith=deal.id)
    before = await listed(portal)
    parts = {c: await read(cases, "rasa.caseworker", c) for c in DataCategory}
    async with cases.owner.begin() as owner:
        await owner.execute(ends, {**given, "day": date(2026, 11, 15), "days": run_off})
    after = await listed(portal)
    lost = {who: seen - after[who] for who, seen in before.items()}
    assert lost == (would_stop if run_off is None else {who: set() for who in READERS})
    now = {c: await read(cases, "rasa.caseworker", c) for c in DataCategory}
    closed = {UUID(case.removeprefix("Referral:")) for case in would_stop["rasa.caseworker"]}
    assert closed
    for category in DataCategory:
        kept = run_off is not None and category in RUN_OFF
        assert parts[category] - now[category] == (set() if kept else closed)
    async with cases.owner.begin() as owner:
        await owner.execute(ends, {**given, "day": date(2029, 11, 15), "days": 30})
