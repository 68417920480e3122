"""Every change of every agreement that the sample has in force: what its parties are shown before,
taken together, is exactly what stops at the next request, whichever way a case came to them.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support import charging, referring
from support.asking import Portal
from support.conferring import COORDINATOR, gold, submit
from support.referring import FAMILY_SAFETY, SENDER, draft, move, see, sent, team

from portal.agreements.categories import DataCategory
from portal.sample.agreements import DEALS, SUPPORT, Deal
from portal.sample.conferences import MEETINGS
from portal.sample.partnership import PEOPLE, agency_id, fixed, membership_id
from portal.store.engines import Engines

IDVA, ISVA, UNITY = (
    "wirral.idva",
    ("rasa", "ISVA service"),
    ("police", "Protecting vulnerable people"),
)
IN_FORCE = [deal for deal in DEALS if deal.key in {
    "wirral-marac", "police-councils", "police-idva", "cps-police", "charities", "universities",
}]  # fmt: skip
STOPS = (
    "query($change: ID!) { agreementStops(change: $change) { agency { id } own stops narrows } }"
)
BANDS = ((5, "FEWER_THAN_5"), (20, "FROM_5_TO_19"))
SHOWN = "query { supportedMatters { totalCount } }"
LISTS = ("purposes", "gateways", "categories", "permitted_roles")
SOME = ("safe_contact", "risk", "caseworker", "team_lead")
"""Of data categories and roles those that a version leaves out: they stand for all others, which
are treated alike."""
Sights = dict[str, set[str]]


@dataclass(frozen=True)
class Change:
    """What is done to an agreement, and its id in a preview."""

    says: str
    id: str
    sql: tuple[str, str]
    """How it is done, and undone."""
    given: dict[str, Any]


@pytest.fixture(scope="module")
async def urgent(portal: Portal, cases: Engines) -> AsyncIterator[Sights]:
    """Cases that came to their parties in every way there is; to whom one was disclosed in an
    emergency.
    """
    narrow = "UPDATE team SET narrow = {} WHERE name = 'Casework'"
    wide = text("UPDATE agreement_version SET categories = :all WHERE id = ANY (:ids)")
    narrow_deals = [deal for deal in IN_FORCE if deal.categories == SUPPORT]
    ids = [fixed("agreement-version", deal.key) for deal in narrow_deals]
    async with cases.owner.begin() as owner:
        await owner.execute(text(narrow.format("true")))
        await owner.execute(wide, {"all": [c.value for c in DataCategory], "ids": ids})
    await sent(portal, FAMILY_SAFETY, ISVA, ("savera", "Casework"), UNITY)
    for who, mine, theirs in (
        ("police.caseworker", UNITY[1], "ldas"), ("police.caseworker", UNITY[1], "sefton"),
        ("savera.caseworker", "Casework", "ldas"), ("uol.caseworker", "Student welfare", "ljmu"),
    ):  # fmt: skip
        home = team(who.partition(".")[0], mine)
        await sent(portal, (theirs, "Information governance"), by=who, senderTeam=home)
    await passed_on(portal)
    row = await sent(portal, FAMILY_SAFETY)
    outside = {"referral": row["id"], "body": "GP", "route": "PHONE", "referredOn": "2026-11-16"}
    assert (await portal.do(IDVA, "referOutside", outside))[
        "__typename"
    ] == "OutsideReferralPayload"
    matter = await charging.registered(portal)
    supported = {"referral": matter["id"], "team": team(*ISVA)}
    done = await portal.do(charging.OFFICER, "giveAuthority", supported)
    assert done["__typename"] == "SupportAuthorityPayload"
    await on_a_list(portal)
    one, other = await draft(portal, FAMILY_SAFETY), await sent(portal)
    await disclosed(portal, one, UNITY)
    await disclosed(portal, other, FAMILY_SAFETY)
    yield {charging.OFFICER: {one["id"]}, IDVA: {other["id"]}}
    ends = "UPDATE emergency_disclosure SET closed_at = ends_at WHERE starts_at >= '2026-11-16'"
    async with cases.owner.begin() as owner:
        await owner.execute(text(narrow.format("false")))
        await owner.execute(wide, {"all": [c.value for c in SUPPORT], "ids": ids})
        await owner.execute(text(ends))


async def passed_on(portal: Portal) -> None:
    """Wirral hands a case over to RASA, and keeps the summary."""
    row = await sent(portal, FAMILY_SAFETY)
    [place] = row["recipients"]["nodes"]
    done = await move(portal, IDVA, place, "accept")
    why = [{"name": "transfer_reason", "values": ["moved_area"]}]
    given = {
        "recipient": place["id"], "expectedVersion": done["recipient"]["version"],
        "team": team(*ISVA), "fields": why,
    }  # fmt: skip
    assert (await portal.do(IDVA, "transferReferral", given))["__typename"] == "RecipientPayload"
    there = (await see(portal, "rasa.caseworker", row["id"]))["recipients"]["nodes"]
    [new] = [one for one in there if one["agency"]["shortName"] == "RASA"]
    taken = await move(portal, "rasa.caseworker", new, "accept")
    assert taken["__typename"] == "RecipientPayload", taken


async def on_a_list(portal: Portal) -> None:
    """A MARAC hears a case: who sits there is asked what it knows."""
    row = await gold(portal)
    await submit(portal, row)
    [place] = (await see(portal, COORDINATOR, row["id"]))["recipients"]["nodes"]
    days = (("meeting_on", str(MEETINGS[0])), ("research_by", "2026-11-24"))
    done = await move(portal, COORDINATOR, place, "accept", *days)
    assert done["__typename"] == "RecipientPayload", done


async def disclosed(portal: Portal, row: dict[str, Any], to: tuple[str, str]) -> None:
    given = {
        "referral": row["id"], "team": team(*to), "reason": "THREAT_TO_LIFE", "hours": 72,
        "disclosureRead": True,
    }  # fmt: skip
    done = await portal.do(SENDER, "discloseInEmergency", given)
    assert done["__typename"] == "EmergencyDisclosurePayload", done


def changes_of(deal: Deal) -> Iterator[Change]:
    """Its suspension, the suspension of each part, and every version that is one step narrower."""
    agreement = fixed("agreement", deal.key)
    rests = "UPDATE {} SET suspended_at = {} WHERE id = :id"
    yield Change(
        "suspended", f"Agreement:{agreement}",
        (rests.format("agreement", "now()"), rests.format("agreement", "NULL")), {"id": agreement},
    )  # fmt: skip
    for agency, _, _ in deal.parties:
        if agency != deal.resting:
            part = fixed("agreement-party", f"{deal.key}/{agency}")
            yield Change(
                f"without {agency}", f"AgreementParty:{part}",
                (rests.format("agreement_party", "now()"), rests.format("agreement_party", "NULL")),
                {"id": part},
            )  # fmt: skip
    yield _version(deal, "ceiling", "official")
    agreed = (deal.purposes, deal.gateways, deal.categories, deal.roles)
    for column, values in zip(LISTS, agreed, strict=True):
        plain = [str(getattr(value, "value", value)) for value in values]
        for gone in plain:
            left = [value for value in plain if value != gone]
            if left and (column in {"purposes", "gateways"} or gone in SOME):
                yield _version(deal, column, left, f"{column} without {gone}")


def _version(deal: Deal, column: str, value: Any, says: str = "") -> Change:
    row = uuid4()
    signs = (
        "WITH v AS (UPDATE agreement_version SET sent_at = now(), signed_at = now() WHERE id = :id"
        " RETURNING *) INSERT INTO agreement_signature (id, agreement_id, agreement_version_id,"
        " party_id, agency_id, signed_by_id, title, signed_at, acl) SELECT gen_random_uuid(),"
        " v.agreement_id, v.id, s.party_id, s.agency_id, s.signed_by_id, s.title, now(), '{}'"
        " FROM v JOIN agreement_version first ON first.agreement_id = v.agreement_id"
        " AND first.number = 1 JOIN agreement_signature s ON s.agreement_version_id = first.id"
    )
    forget = (
        "WITH s AS (DELETE FROM agreement_signature WHERE agreement_version_id = :id),"
        " h AS (DELETE FROM history WHERE object_id = :id)"
        " UPDATE agreement_version SET sent_at = now(), signed_at = NULL, dropped_at = now()"
        " WHERE id = :id"
    )
    return Change(
        says or f"{column} {value}", f"AgreementVersion:{row}", (signs, forget),
        {"id": row, "deal": fixed("agreement", deal.key), "column": column, "value": value},
    )  # fmt: skip


async def written(cases: Engines, change: Change) -> None:
    """A version that waits to be sent is there before it can be looked at."""
    if not change.id.startswith("AgreementVersion"):
        return
    row = (
        "UPDATE agreement_version SET dropped_at = now() WHERE agreement_id = :deal"
        " AND signed_at IS NULL AND dropped_at IS NULL"
    )
    copy = (
        "INSERT INTO agreement_version SELECT (jsonb_populate_record(v, jsonb_build_object("
        "'id', CAST(:id AS uuid), 'number', (SELECT max(number) + 1 FROM agreement_version"
        " WHERE agreement_id = :deal), 'sent_at', NULL, 'signed_at', NULL, 'starts_on',"
        " '2026-11-16', 'review_on', '2026-12-01', CAST(:column AS text),"
        " CAST(:value AS jsonb)))).* FROM agreement_version v"
        " WHERE v.agreement_id = :deal AND v.number = 1"
    )
    given = {key: change.given[key] for key in ("id", "deal", "column")}
    async with cases.owner.begin() as owner:
        await owner.execute(text(row), {"deal": given["deal"]})
        await owner.execute(text(copy), {**given, "value": json.dumps(change.given["value"])})


@asynccontextmanager
async def made(cases: Engines, change: Change) -> AsyncIterator[None]:
    does, undoes = change.sql
    async with cases.owner.begin() as owner:
        await owner.execute(text(does), {"id": change.given["id"]})
    try:
        yield
    finally:
        async with cases.owner.begin() as owner:
            await owner.execute(text(undoes), {"id": change.given["id"]})


async def listed(portal: Portal, readers: list[str], **wanted: str) -> Sights:
    return {who: await referring.listed(portal, who, **wanted) for who in readers}


PARTS = text(
    "SELECT c, 'Referral:' || r.id FROM unnest(CAST(:categories AS text[])) c"
    " JOIN referral r ON r.full_acl && caller_keys(c)"
)


async def read(portal: Portal, cases: Engines, who: str) -> set[tuple[str, str]]:
    """Of which cases somebody may read which data category."""
    now = portal.context(who).now
    async with cases.command.connect() as connection:
        opening = text("SELECT * FROM open_command_caller(:who, :request, :now)")
        given = {"who": membership_id(who), "request": uuid4(), "now": now}
        await connection.execute(opening, given)
        found = await connection.execute(PARTS, {"categories": [c.value for c in DataCategory]})
        return {(category, case) for category, case in found}


def of_agency(sights: dict[str, Any], agency: str) -> set[str]:
    """What all the people of an agency have together."""
    return set().union(*(seen for who, seen in sights.items() if PEOPLE[who][0] == agency))


def band(count: int) -> str:
    return next((name for limit, name in BANDS if count < limit), "FROM_20")


@pytest.mark.parametrize("deal", IN_FORCE, ids=[deal.key for deal in IN_FORCE])
async def test_what_the_parties_are_shown_is_exactly_what_stops(
    portal: Portal, cases: Engines, urgent: Sights, deal: Deal
) -> None:
    parties = [agency for agency, _, _ in deal.parties]
    readers = [who for who, told in PEOPLE.items() if told[0] in parties]
    readers = [who for who in readers if await referring.listed(portal, who)]
    before, full = (
        await listed(portal, readers),
        {who: await read(portal, cases, who) for who in readers},
    )
    beside = {who: await portal.ask(who, SHOWN) for who in readers}
    stopped = 0
    for change in changes_of(deal):
        await written(cases, change)
        stops = await listed(portal, readers, stopsWith=change.id)
        narrows = await listed(portal, readers, narrowsWith=change.id)
        told = {
            who: (await portal.ask(who, STOPS, change=change.id))["agreementStops"]
            for who in {f"{agency}.protection" for agency in (deal.lead, *parties[:2])}
        }
        async with made(cases, change):
            after = await listed(portal, readers)
            now = {who: await read(portal, cases, who) for who in readers}
            assert {who: await portal.ask(who, SHOWN) for who in readers} == beside, change.says
        lost = {who: before[who] - after[who] for who in readers}
        assert stops == lost, change.says
        assert not any(after[who] - before[who] for who in readers), change.says
        for who, kept in urgent.items():
            assert who not in readers or kept <= after[who] - stops[who], (change.says, who)
        less = {who: {case for _, case in full[who] - now[who]} & after[who] for who in readers}
        for agency in parties:
            assert of_agency(less, agency) <= of_agency(narrows, agency), (change.says, agency)
            governs = f"{agency}.protection"
            if governs in readers:  # a narrow team's cases are its members' business
                theirs = (of_agency(lost, agency) | of_agency(less, agency)) & before[governs]
                assert theirs <= stops[governs] | narrows[governs], (change.says, agency)
        stopped += sum(map(len, lost.values()))
        for who, rows in told.items():
            own = who.partition(".")[0]
            leads = deal.lead == own or change.says == f"without {own}"
            names = {f"Agency:{agency_id(each)}": each for each in (parties if leads else [own])}
            bands = {names[r["agency"]["id"]]: (r["stops"], r["narrows"]) for r in rows}
            assert set(bands) == set(names.values()), "who proposes: all; others: their own"
            for agency in {PEOPLE[reader][0] for reader in readers} & set(bands):
                stay = {each: seen - urgent.get(each, set()) for each, seen in after.items()}
                gone = of_agency(lost, agency) - of_agency(stay, agency)
                partly = of_agency(lost, agency) | of_agency(less, agency)
                should = (band(len(gone)), band(len(partly - gone)))
                assert bands[agency] == should, (change.says, agency)
    assert stopped
