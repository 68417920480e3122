"""An agreement that was withdrawn, has expired or was suspended opens nothing any more; what was
done under it stays readable: to whoever answers for the record, who did it, and auditors.
"""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from support.agreeing import Agreeing, sample
from support.asking import Portal
from support.referring import listed, see, sent, team

from portal.agreements.categories import DataCategory
from portal.sample.partnership import fixed
from portal.store.engines import Engines

LEAD, OWNER, READER, AUDITOR = (
    "rasa.protection", "rasa.caseworker", "savera.caseworker", "pcc.auditor",
)  # fmt: skip
FILE = "query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { handling } }"
LOOKS = """query($case: ID!) { consultations(filter: {referral: $case}) { nodes {
  purpose agency { shortName } by { id } referral { id } handling } } }"""
LINES = """query($after: String) { auditLines(first: 100, after: $after) {
  nodes { verb outcome recordId } pageInfo { hasNextPage endCursor } } }"""
DEAL = """query($id: ID!) { agreement(id: $id) { state inForce { number }
  versions { nodes { number purposes categories lawfulBasis
    advice { nodes { text } } signatures { nodes { title } } } }
  events { nodes { move reason } } history { totalCount } } }"""
TIMELINE = """query($id: ID!) { referral(id: $id) { recipients { nodes {
  agreement { id state } events { nodes { name } } } } } }"""


@pytest.fixture(params=["withdrawn", "expired", "suspended"])
async def over(
    request: pytest.FixtureRequest, portal: Portal, cases: Engines
) -> tuple[Agreeing, dict[str, Any]]:
    """Savera has had a case of RASA's and looked into it; then the agreement ended."""
    whole = [category.name for category in DataCategory]
    deal = await Agreeing(portal).in_force("rasa", "savera", categories=whole, endsOn="2030-11-15")
    mine = {"by": OWNER, "senderTeam": team("rasa", "ISVA service")}
    row = await sent(portal, ("savera", "Casework"), **mine)
    assert (await portal.ask(READER, FILE, id=row["id"]))["referralFile"] is not None
    why = {"reason": "A letter went astray."}
    if request.param == "expired":
        last = "UPDATE agreement_version SET {} WHERE agreement_id = :id"
        days = "starts_on = :day, review_on = :day, ends_on = :day"
        given = {"id": UUID(deal.id.partition(":")[2]), "day": date(2026, 11, 15)}
        async with cases.owner.begin() as owner:
            await owner.execute(text(last.format(days)), given)
    else:
        move = {"withdrawn": "withdrawAgreement", "suspended": "suspendAgreement"}[request.param]
        await deal.move(LEAD, move, **why)
    return deal, row


async def every_line(portal: Portal, who: str, record: str) -> set[tuple[str, str]]:
    """Every audit line about a record that somebody may read."""
    lines = await portal.to_the_end(who, LINES)
    return {(line["verb"], line["outcome"]) for line in lines if line["recordId"] == record}


async def test_who_opened_a_case_is_known_to_its_owner_to_themselves_and_to_auditors(
    portal: Portal, over: tuple[Agreeing, dict[str, Any]]
) -> None:
    _, row = over
    assert await see(portal, READER, row["id"]) is None
    assert (await portal.ask(READER, FILE, id=row["id"]))["referralFile"] is None
    for who, case in ((OWNER, {"id": row["id"]}), (LEAD, {"id": row["id"]}), (READER, None),
                      (AUDITOR, None)):  # fmt: skip
        [line] = (await portal.ask(who, LOOKS, case=row["id"]))["consultations"]["nodes"]
        assert line["agency"] == {"shortName": "Savera"}, who
        assert line["purpose"] == "WORK_ON_CASE"
        assert line["referral"] == case, who
        assert line["handling"].startswith("OFFICIAL-SENSITIVE")
    for stranger in ("savera.protection", "tww.caseworker", "wirral.idva"):
        assert not (await portal.ask(stranger, LOOKS, case=row["id"]))["consultations"]["nodes"]


async def test_what_was_done_and_what_was_refused_since_stays_in_the_audit(
    portal: Portal, over: tuple[Agreeing, dict[str, Any]]
) -> None:
    _, row = over
    await portal.ask(READER, FILE, id=row["id"])
    record = row["id"].partition(":")[2]
    lines = await every_line(portal, AUDITOR, record)
    assert lines >= {("sendReferral", "DONE"), ("referralFile", "REFUSED")}
    assert await every_line(portal, READER, record) == {("referralFile", "REFUSED")}
    assert ("sendReferral", "DONE") in await every_line(portal, OWNER, record)
    assert await see(portal, AUDITOR, row["id"]) is None, "an auditor reads who did what, no case"


async def test_the_agreement_itself_stays_with_all_that_was_said_and_signed(
    portal: Portal, over: tuple[Agreeing, dict[str, Any]]
) -> None:
    deal, _ = over
    for who in (LEAD, "savera.protection", "savera.signatory"):
        found = (await portal.ask(who, DEAL, id=deal.id))["agreement"]
        assert found["state"] in {"WITHDRAWN", "EXPIRED", "SUSPENDED"}
        [version] = found["versions"]["nodes"]
        assert len(version["signatures"]["nodes"]) == len(version["advice"]["nodes"]) == 2
        assert {"SENT", "AGREED", "JOINED"} <= {one["move"] for one in found["events"]["nodes"]}
        assert found["history"]["totalCount"] > 0
    assert (await portal.ask("tww.protection", DEAL, id=deal.id))["agreement"] is None


async def test_its_owner_keeps_the_case_and_under_which_agreement_it_was_given(
    portal: Portal, over: tuple[Agreeing, dict[str, Any]]
) -> None:
    deal, row = over
    assert row["id"] in await listed(portal, OWNER)
    found = (await portal.ask(OWNER, TIMELINE, id=row["id"]))["referral"]
    [place] = found["recipients"]["nodes"]
    assert place["agreement"]["id"] == deal.id
    assert place["agreement"]["state"] in {"WITHDRAWN", "EXPIRED", "SUSPENDED"}
    assert place["events"]["nodes"][0]["name"] == "send"


async def test_who_is_no_party_of_an_agreement_is_not_told_of_it_by_a_case(
    portal: Portal, cases: Engines
) -> None:
    """A place in the case stands under the councils' agreement with the police."""
    row = await sent(portal)
    other = text("UPDATE recipient SET agreement_id = :deal WHERE referral_id = :case")
    case = {"case": UUID(row["id"].partition(":")[2])}
    for deal, told in (
        ("wirral-marac", {"id": sample("wirral-marac"), "state": "IN_FORCE"}),
        ("police-councils", None),
    ):
        async with cases.owner.begin() as owner:
            await owner.execute(other, {**case, "deal": fixed("agreement", deal)})
        found = (await portal.ask("tww.caseworker", TIMELINE, id=row["id"]))["referral"]
        [place] = found["recipients"]["nodes"]
        assert place["agreement"] == told, deal
