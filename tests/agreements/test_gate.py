"""The gate: is there an agreement now by which this agency may give that one this data?"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from portal.sample.agreements import DEALS
from portal.sample.partnership import AGENCIES, agency_id, fixed, membership_id
from portal.store.engines import Engines

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
FOR = (
    "SELECT reference, gateway FROM agreement_for(:sender, :receiver, :purpose, :categories, :now)"
)
NEAR = "SELECT * FROM agreement_near(:sender, :receiver, :purpose, :categories, :now)"
CLOSED = """SELECT p.agreement_id, p.agency_id FROM agreement_party p
  WHERE p.joined_at IS NOT NULL AND p.agency_id <> :agency AND p.direction <> 'receives'
    AND p.agreement_id IN (SELECT agreement_id FROM agreement_gates(:agency, :now))
  EXCEPT SELECT agreement_id, from_agency_id FROM agreement_ways(:agency, :now, NULL, NULL, NULL)"""
KEYS = {fixed("agreement", deal.key): deal.key for deal in DEALS}
NAMES = {agency_id(key): key for key in AGENCIES}


class Gate:
    """Asks as the database's owner, and can undo what it changes."""

    def __init__(self, owner: AsyncConnection) -> None:
        self.owner = owner

    async def through(
        self, sender: str, receiver: str, purpose: str = "victim_support",
        categories: tuple[str, ...] = ("needs",), now: datetime = NOW,
    ) -> str | None:  # fmt: skip
        """The gateway by which it may be sent; None when it may not."""
        found = await self.owner.execute(
            text(FOR), asked(sender, receiver, purpose, categories, now)
        )
        row = found.one_or_none()
        return None if row is None else str(row.gateway)

    async def receives(self, agency: str, now: datetime = NOW) -> dict[str, tuple[set[str], bool]]:
        """What an agency is given under which agreement."""
        sql = text("SELECT * FROM agreement_gates(:agency, :now)")
        rows = await self.owner.execute(sql, {"agency": agency_id(agency), "now": now})
        return {
            KEYS[row.agreement_id]: (set(row.categories), row.running_off)
            for row in rows
            if row.agreement_id in KEYS
        }

    async def closed(self, agency: str, now: datetime = NOW) -> set[tuple[str, str]]:
        """Whose earlier sendings are closed to an agency."""
        given = {"agency": agency_id(agency), "now": now}
        rows = await self.owner.execute(text(CLOSED), given)
        return {
            (KEYS[row.agreement_id], NAMES[row.agency_id])
            for row in rows
            if row.agreement_id in KEYS
        }

    async def set(self, table: str, key: str, what: str) -> None:
        kind = {"agreement": "agreement", "agreement_version": "agreement-version"}.get(
            table, "agreement-party"
        )
        done = await self.owner.execute(
            text(f"UPDATE {table} SET {what} WHERE id = :id"),  # noqa: S608 - our own words
            {"id": fixed(kind, key)},
        )
        assert done.rowcount == 1


def asked(
    sender: str, receiver: str, purpose: str, categories: tuple[str, ...], now: datetime = NOW
) -> dict[str, Any]:
    return {
        "sender": agency_id(sender), "receiver": agency_id(receiver), "purpose": purpose,
        "categories": list(categories), "now": now,
    }  # fmt: skip


@pytest.fixture
async def gate(agreed: Engines) -> AsyncIterator[Gate]:
    async with agreed.owner.connect() as owner, owner.begin() as changes:
        yield Gate(owner)
        await changes.rollback()


async def test_section_115_leads_to_authorities_and_those_who_act_for_one(gate: Gate) -> None:
    assert await gate.through("savera", "marac", "marac") == "cda_115"
    assert await gate.through("marac", "rasa") == "cda_115"  # it acts for Wirral
    assert await gate.through("cps", "police", "criminal_justice") == "cda_115"
    assert await gate.through("police", "cps", "criminal_justice") == "common_law_policing"


async def test_a_charity_that_acts_for_nobody_gets_nothing_by_section_115(gate: Gate) -> None:
    assert await gate.through("wirral", "savera") == "cda_115"
    await gate.set("agreement_party", "wirral-marac/savera", "acts_for_id = NULL")
    assert await gate.through("wirral", "savera") is None
    assert await gate.through("savera", "wirral") == "cda_115"
    assert await gate.through("police", "savera") == "common_law_policing"


async def test_who_acts_for_an_authority_does_so_while_that_one_stands(gate: Gate) -> None:
    assert await gate.through("marac", "rasa") == "cda_115"
    await gate.set("agreement_party", "wirral-marac/wirral", "suspended_at = now()")
    assert await gate.through("marac", "rasa") is None


async def test_nothing_passes_without_purpose_category_and_direction(gate: Gate) -> None:
    assert await gate.through("savera", "rasa", "marac") == "cda_115"
    assert await gate.through("savera", "rasa", "criminal_justice") is None
    assert await gate.through("savera", "ldas") == "legitimate_interests"
    assert await gate.through("savera", "ldas", categories=("needs", "orders")) is None
    assert await gate.through("police", "ldas") == "cda_115"  # it acts for Liverpool
    assert await gate.through("ldas", "police") is None  # that one only gives
    assert await gate.through("savera", "uol") is None
    assert await gate.through("savera", "savera") is None


async def test_charities_among_themselves_never_have_the_force_as_a_party(gate: Gate) -> None:
    parties = {party for deal in DEALS if deal.key == "charities" for party, _, _ in deal.parties}
    assert "police" not in parties


async def test_review_closes_nothing_and_the_end_is_the_end_of_the_day_in_london(
    gate: Gate,
) -> None:
    assert await gate.through("uol", "rasa") == "legitimate_interests"  # its review is due
    last = datetime(2027, 9, 30, 22, 59, tzinfo=UTC)  # a minute to midnight in summer time
    assert await gate.through("uol", "rasa", now=last) == "legitimate_interests"
    over = datetime(2027, 9, 30, 23, 0, tzinfo=UTC)
    assert await gate.through("uol", "rasa", now=over) is None


@pytest.mark.parametrize(
    ("table", "key", "what"),
    [
        ("agreement", "charities", "suspended_at = now()"),
        ("agreement", "charities", "withdrawn_at = now()"),
        ("agreement_version", "charities", "starts_on = '2026-11-17', review_on = '2027-05-01'"),
        ("agreement_version", "charities", "signed_at = NULL"),
        ("agreement_party", "charities/ldas", "suspended_at = now()"),
        ("agreement_party", "charities/ldas", "left_at = now()"),
        ("agreement_party", "charities/ldas", "joined_at = NULL"),
        ("agreement_party", "charities/ldas", "direction = 'gives'"),
    ],
)
async def test_whatever_ends_it_closes_the_gate_at_once(
    gate: Gate, table: str, key: str, what: str
) -> None:
    assert await gate.through("savera", "ldas") == "legitimate_interests"
    assert "charities" in await gate.receives("ldas")
    await gate.set(table, key, what)
    assert await gate.through("savera", "ldas") is None
    assert "charities" not in await gate.receives("ldas")


async def test_a_gateway_that_is_repealed_permits_nothing_more(gate: Gate) -> None:
    repeal = "UPDATE gateway SET valid_to = '2026-11-15' WHERE valid_from < '2026-11-15'"
    await gate.owner.execute(text(repeal))
    assert await gate.through("savera", "ldas") is None


async def test_after_the_end_only_the_run_off_stays(gate: Gate) -> None:
    over = await gate.receives("ldas")
    assert over["knowsley-housing"] == ({"safe_contact", "actions", "clocks"}, True)
    assert await gate.through("knowsley", "ldas") is None, "no new data in a run-off"
    late = datetime(2026, 12, 31, 9, tzinfo=UTC)  # 61 days after
    assert "knowsley-housing" not in await gate.receives("ldas", late)
    await gate.set("agreement_version", "knowsley-housing", "run_off_days = NULL")
    assert "knowsley-housing" not in await gate.receives("ldas")


async def test_a_party_that_only_gives_is_given_nothing(gate: Gate) -> None:
    assert "police-idva" not in await gate.receives("police")
    assert "police-idva" in await gate.receives("ldas")


async def test_what_a_suspended_party_gave_is_closed_to_the_others_and_to_it(gate: Gate) -> None:
    rests = {("police-councils", "knowsley")}  # by its own word
    assert await gate.closed("wirral") == rests
    await gate.set("agreement_party", "wirral-marac/savera", "suspended_at = now()")
    assert await gate.closed("wirral") == {*rests, ("wirral-marac", "savera")}
    assert "wirral-marac" in await gate.receives("wirral"), "the others go on"
    assert "wirral-marac" not in await gate.receives("savera")
    await gate.set("agreement_party", "wirral-marac/savera", "suspended_at = NULL")
    assert await gate.closed("wirral") == rests
    assert await gate.closed("rasa") == set(), "who never joined has given nothing"


async def near(engines: Engines, who: str, *sharing: Any) -> dict[str, set[str]]:
    """What somebody is told about agreements that come near."""
    async with engines.command.connect() as connection, connection.begin():
        opening = text("SELECT * FROM open_command_caller(:who, :request)")
        await connection.execute(opening, {"who": membership_id(who), "request": uuid4()})
        rows = await connection.execute(text(NEAR), asked(*sharing))
        return {KEYS[row.agreement_id]: set(row.lacks) for row in rows if row.agreement_id in KEYS}


async def test_somebody_is_told_what_each_of_their_agreements_lacks(agreed: Engines) -> None:
    sharing = ("sefton", "rasa", "victim_support", ("needs",))
    assert await near(agreed, "sefton.protection", *sharing) == {
        "sefton-front-door": {"not_in_force"},
        "police-councils": {"receiver_no_party", "gateway"},
    }
    told = await near(agreed, "rasa.protection", "rasa", "ldas", "student_support", ("orders",))
    assert told["charities"] == {"purpose", "categories"}


async def test_nobody_is_told_of_agreements_that_are_not_theirs(agreed: Engines) -> None:
    sharing = ("police", "ldas", "victim_support", ("needs",))
    assert "police-idva" in await near(agreed, "ldas.protection", *sharing)
    assert await near(agreed, "uol.protection", *sharing) == {}
    assert await near(agreed, "wirral.administrator", *sharing) == {}, "who reads no work"
