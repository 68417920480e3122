"""Before an agreement ends, and when it is to be reviewed, those hear of it who look after data
protection and who sign at its parties, with how many high-risk cases of theirs hang on it.
"""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from support.agreeing import Agreeing
from support.asking import Portal
from support.referring import draft, see, send, sent, team
from support.reminding import KEYS, remind

from portal.agreements.categories import DataCategory
from portal.sample.partnership import DAY
from portal.store.engines import Engines

RASA, SAVERA = "rasa.protection", "savera.protection"
TOLD = {"rasa.protection", "rasa.signatory", "savera.protection", "savera.signatory"}
REVIEW, END = date(2027, 6, 1), date(2027, 9, 1)
CASEWORK = {"by": "rasa.caseworker", "senderTeam": team("rasa", "ISVA service")}
TO = ("savera", "Casework")
LISTED = """query($deal: ID!) { referrals(filter: {stopsWith: $deal, open: true, highRisk: true}) {
  nodes { id } } }"""
INTERRUPTED = text(
    "UPDATE agreement SET suspended_at = now() WHERE suspended_at IS NULL RETURNING id"
)
RESUMED = text("UPDATE agreement SET suspended_at = NULL WHERE id = ANY (:ids)")
NOTICES = """query { me { notices(first: 20) { nodes {
  kind says agreement { id } referral { id } } } } }"""


@pytest.fixture(scope="module")
async def deal(portal: Portal, cases: Engines) -> AsyncIterator[Agreeing]:
    """RASA and Savera share until the end of 1 September 2027, and under nothing else."""
    async with cases.owner.begin() as owner:
        others = list((await owner.execute(INTERRUPTED)).scalars())
    yield await Agreeing(portal).in_force(
        "rasa", "savera", reviewOn=REVIEW.isoformat(), endsOn=END.isoformat(),
        categories=[category.name for category in DataCategory],
    )  # fmt: skip
    async with cases.owner.begin() as owner:
        await owner.execute(RESUMED, {"ids": others})


async def told(cases: Engines, deal: Agreeing, *days: date) -> list[tuple[str, str]]:
    """Who was told of its review and its end, once each of these days has come."""
    for day in days:
        await remind(cases, day, workers=2)
    statement = text(
        "SELECT p.name, n.says FROM notice n JOIN person p ON p.id = n.person_id"
        " WHERE n.agreement_id = :id AND n.kind IN ('agreement_due', 'agreement_ends')"
        " ORDER BY n.at, p.name"
    )
    async with cases.owner.connect() as owner:
        found = await owner.execute(statement, {"id": UUID(deal.id.partition(":")[2])})
        return [(KEYS[name], says) for name, says in found]


async def high_risk(portal: Portal) -> dict[str, Any]:
    """A case that RASA gave Savera, assessed by its form as visible high risk."""
    row = await draft(portal, TO, **CASEWORK)
    given = {
        "id": row["id"], "expectedVersion": row["version"], "tool": "MERIT", "toolVersion": "3",
        "score": 74, "assessedOn": DAY.isoformat(),
    }  # fmt: skip
    done = await portal.do("rasa.caseworker", "assessRisk", given)
    assert done["__typename"] == "ReferralPayload", done
    row = await see(portal, "rasa.caseworker", row["id"])
    assert (await send(portal, row, "rasa.caseworker"))["__typename"] == "ReferralPayload"
    return row


async def test_those_who_answer_for_it_hear_of_the_review_and_of_the_end_each_once(
    portal: Portal, cases: Engines, deal: Agreeing
) -> None:
    await sent(portal, TO, **CASEWORK)
    row = await high_risk(portal)
    assert await told(cases, deal, REVIEW - timedelta(days=31)) == []
    early = await told(cases, deal, REVIEW - timedelta(days=30), REVIEW - timedelta(days=29))
    assert {who for who, _ in early} == TOLD
    assert {says.partition(" ")[2] for _, says in early} == {
        f"{early[0][1].split()[1]} is to be reviewed on 1 June 2027."
    }
    due = (await told(cases, deal, REVIEW, END - timedelta(days=61)))[len(early) :]
    assert {who for who, _ in due} == TOLD
    assert len(due) == len(TOLD)
    heard = len(early) + len(due)
    for days in (60, 30, 7):
        before = await told(cases, deal, END - timedelta(days=days), END - timedelta(days=days - 1))
        assert sorted(who for who, _ in before[heard:]) == sorted(TOLD)
        [says] = {says for _, says in before[heard:]}
        assert says.endswith(
            "ends on 1 September 2027."
            " Open high-risk cases that your agency gave or got by it: 1."
        )  # fmt: skip
        heard = len(before)
    assert len(await told(cases, deal, END, END + timedelta(days=1))) == heard
    for who in ("rasa.caseworker", "savera.caseworker"):
        found = (await portal.ask(who, LISTED, deal=deal.id))["referrals"]["nodes"]
        assert ([one["id"] for one in found] == [row["id"]]) is (who == "savera.caseworker")


async def test_a_notice_leads_to_the_agreement_and_to_no_case(
    portal: Portal, cases: Engines, deal: Agreeing
) -> None:
    await told(cases, deal, END - timedelta(days=7))
    nodes = (await portal.ask(SAVERA, NOTICES))["me"]["notices"]["nodes"]
    about = [one for one in nodes if (one["agreement"] or {}).get("id") == deal.id]
    assert {one["kind"] for one in about} >= {"AGREEMENT_ENDS"}
    assert all(one["referral"] is None for one in about)


async def test_a_worker_that_was_away_says_the_latest_and_a_longer_term_ends_the_warnings(
    portal: Portal, cases: Engines
) -> None:
    late = await Agreeing(portal).in_force(
        "rasa", "savera", reviewOn=END.isoformat(), endsOn=END.isoformat()
    )
    assert len(await told(cases, late, END - timedelta(days=20))) == len(TOLD)
    longer = text("UPDATE agreement_version SET ends_on = :end WHERE agreement_id = :id")
    given = {"id": UUID(late.id.partition(":")[2]), "end": END + timedelta(days=365)}
    async with cases.owner.begin() as owner:
        await owner.execute(longer, given)
    after = [says for _, says in await told(cases, late, END - timedelta(days=7))]
    assert not any("ends on" in says for says in after[len(TOLD) :])
