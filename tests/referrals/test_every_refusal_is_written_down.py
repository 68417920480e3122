"""Whoever may not share, see or do something leaves a line: who, of which teams, what, and by codes
why not; and no word about anybody.
"""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import FAMILY_SAFETY, OUTREACH, SENDER, draft, see, send, sent, team

from portal.sample.partnership import fixed, membership_id, team_id
from portal.store.engines import Engines

WORDS = "Mrs Jones of 4 Elm Road"
LINE = """query($id: ID!) { node(id: $id) { ...on AuditLine {
  verb outcome rule code teamIds recordId requestId membership { id } } } }"""
Line = dict[str, Any]


async def lines(cases: Engines, who: str = SENDER) -> set[UUID]:
    """What is written down of somebody's refusals."""
    ids = text("SELECT id FROM audit_line WHERE principal_id = :who AND outcome = 'refused'")
    async with cases.owner.connect() as owner:
        return set((await owner.execute(ids, {"who": membership_id(who)})).scalars())


async def written(portal: Portal, cases: Engines, before: set[UUID], who: str = SENDER) -> Line:
    """The one line that was written since, as an auditor reads it."""
    [line] = await lines(cases, who) - before
    found = (await portal.ask("pcc.auditor", LINE, id=f"AuditLine:{line}"))["node"]
    return dict(found)


async def suspended(cases: Engines, what: str) -> None:
    rests = text(f"UPDATE agreement SET suspended_at = {what} WHERE id = :id")  # noqa: S608 - ours
    async with cases.owner.begin() as owner:
        await owner.execute(rests, {"id": fixed("agreement", "wirral-marac")})


async def test_what_no_agreement_lets_somebody_send(portal: Portal, cases: Engines) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    before = await lines(cases)
    await suspended(cases, "now()")
    try:
        row = await see(portal, SENDER, row["id"])
        refused = await send(portal, row)
    finally:
        await suspended(cases, "NULL")
    assert refused["errors"][0]["code"] == "NO_AGREEMENT"
    line = await written(portal, cases, before)
    assert (line["verb"], line["rule"], line["code"]) == ("sendReferral", "Invalid", "NO_AGREEMENT")
    assert line["recordId"] == row["id"].partition(":")[2]
    assert line["membership"] == {"id": f"Membership:{membership_id(SENDER)}"}
    assert line["teamIds"] == [team(*OUTREACH)]
    assert line["requestId"]


REFUSED: list[tuple[str, dict[str, Any], str | None]] = [
    # before a row exists: an unknown pathway, words for a code
    ("startReferral", {"pathway": WORDS, "accused": "NONE_KNOWN"}, None),
    ("askForDisclosure", {"reason": "MISSING", "reference": WORDS}, "NOT_A_CODE"),
    ("discloseInEmergency", {"reason": "MISSING", "hours": 99, "disclosureRead": True}, "INVALID"),
]


@pytest.mark.parametrize(("verb", "given", "code"), REFUSED)
async def test_what_was_refused_before_there_was_a_row(
    portal: Portal, cases: Engines, verb: str, given: dict[str, Any], code: str | None
) -> None:
    theirs = team("police", "Protecting vulnerable people")
    if verb == "startReferral":
        given = {**given, "senderTeam": team(*OUTREACH)}
    elif verb == "askForDisclosure":
        agency = f"Agency:{fixed('agency', 'police')}"
        given = {**given, "agency": agency, "team": team(*OUTREACH)}
    else:
        given = {**given, "referral": (await draft(portal))["id"], "team": theirs}
    before = await lines(cases)
    answer = await portal.do(SENDER, verb, given)
    assert answer["__typename"] == "ValidationError", answer
    line = await written(portal, cases, before)
    assert line["verb"] == verb
    assert line["code"] == ",".join(sorted({one["code"] for one in answer["errors"]}))
    assert code is None or line["code"] == code
    assert line["teamIds"] == [team(*OUTREACH)]
    assert "Jones" not in str(line)


async def test_that_a_partners_own_are_accused_is_written_down_as_any_mistake_is(
    portal: Portal, cases: Engines
) -> None:
    """Who reads audit lines may be a colleague of whoever is accused."""
    mine = {"pathway": "request_for_support", "senderTeam": team(*OUTREACH)}
    told = []
    for given, code in (
        ({**mine, "accused": "WORKS"}, "INDEPENDENT_ROUTE"),
        ({**mine, "accused": "NONE_KNOWN", "area": "E99999999"}, "INVALID"),
    ):
        before = await lines(cases)
        answer = await portal.do(SENDER, "startReferral", given)
        assert [one["code"] for one in answer["errors"]] == [code], answer
        line = await written(portal, cases, before)
        told.append({**line, "recordId": "", "requestId": ""})
    assert told[0] == told[1]


async def test_a_hidden_case_and_one_that_never_was_leave_the_same_line(
    portal: Portal, cases: Engines
) -> None:
    hidden, nothing = (await sent(portal))["id"], f"Referral:{uuid4()}"
    told = []
    for case in (hidden, nothing):
        given = {"id": case, "expectedVersion": 1, "token": "x"}
        before = await lines(cases, "uol.caseworker")
        answer = await portal.do("uol.caseworker", "sendReferral", given)
        assert answer["__typename"] == "NotFound"
        line = await written(portal, cases, before, "uol.caseworker")
        assert line["recordId"] == case.partition(":")[2]
        told.append({**line, "recordId": "", "requestId": ""})
    assert told[0] == told[1]
    assert (told[0]["rule"], told[0]["code"]) == ("NotVisible", "NOT_FOUND")


async def test_who_may_not_disclose_what_is_not_theirs(portal: Portal, cases: Engines) -> None:
    row = await sent(portal)
    before = await lines(cases, "wirral.idva")
    given = {
        "referral": row["id"], "team": team("police", "Protecting vulnerable people"),
        "reason": "MISSING", "disclosureRead": True,
    }  # fmt: skip
    answer = await portal.do("wirral.idva", "discloseInEmergency", given)
    assert answer["rule"] == "emergency.holder_discloses"
    line = await written(portal, cases, before, "wirral.idva")
    assert (line["rule"], line["code"]) == ("emergency.holder_discloses", "NOT_PERMITTED")
    assert line["teamIds"] == [f"Team:{team_id(*FAMILY_SAFETY)}"]
    assert line["recordId"] == row["id"].partition(":")[2]


async def test_the_gate_of_an_agreement_is_asked_without_a_line(
    portal: Portal, cases: Engines
) -> None:
    """Whether something could be shared is a question about agreements, and nobody's data."""
    gate = """query($a: ID!, $b: ID!) { agreementGate(sender: $a, receiver: $b,
      purpose: VICTIM_SUPPORT, categories: [NEEDS]) { permits } }"""
    before = await lines(cases)
    given = {"a": f"Agency:{fixed('agency', 'tww')}", "b": f"Agency:{fixed('agency', 'cps')}"}
    await portal.ask(SENDER, gate, **given)
    assert await lines(cases) == before
