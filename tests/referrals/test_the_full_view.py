"""The full view of a case: opened for a purpose, written down, cut to what is agreed."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.referring import (
    FAMILY_SAFETY,
    REFERRAL,
    SENDER,
    bare_draft,
    draft,
    see,
    send,
    sent,
    told,
)

from portal.sample.partnership import fixed
from portal.store.engines import Engines

IDVA = "wirral.idva"
FILE = """query($id: ID!, $purpose: OpeningPurpose!) { referralFile(id: $id, purpose: $purpose) {
  handling safeContact { allowed forbidden } reasons flags needs { code language }
  wishes { awareness reason } riskAssessments { tool score grade judgedGrade }
  subjects { role } orders { kind } steps { name } referral { id } } }"""
LOOKS = """query($case: ID!) { consultations(filter: {referral: $case}) {
  totalCount nodes { purpose agency { shortName } by { id } } } }"""

OURS = """query($case: ID!, $ours: Boolean!) {
  consultations(filter: {referral: $case, ofOurRecords: $ours}) { totalCount } }"""
REFUSED = """query($after: String) {
  auditLines(first: 100, after: $after, filter: {outcome: REFUSED}) {
    nodes { id verb rule recordId } pageInfo { hasNextPage endCursor } } }"""


async def described(portal: Portal) -> dict[str, object]:
    """A referral with something in each part, sent to the family safety unit."""
    row = await bare_draft(portal, FAMILY_SAFETY, area="E08000015")
    row = await told(
        portal,
        row,
        (
            "describeReferral",
            {
                "reasons": ["DOMESTIC_ABUSE"],
                "flags": ["CHILDREN"],
                "needs": [{"code": "INTERPRETER", "language": "ur"}],
                "orders": [{"kind": "BAIL", "expiresOn": "2026-12-01"}],
            },
        ),
        ("setSafeContact", {"allowed": ["TEXT"], "forbidden": ["POST", "VOICEMAIL"]}),
        (
            "setWishes",
            {"awareness": "UNAWARE", "reason": "HIGH_RISK", "basis": "PUBLIC_TASK"},
        ),
        ("nameSubject", {"role": "VICTIM"}),
    )
    assert (await send(portal, row))["__typename"] == "ReferralPayload"
    return await see(portal, SENDER, row["id"])


def _of(row: dict[str, object]) -> dict[str, object]:
    return {"id": row["id"], "expectedVersion": row["version"]}


async def opened(portal: Portal, who: str, row: dict[str, object]) -> dict[str, object] | None:
    asked = {"id": row["id"], "purpose": "WORK_ON_CASE"}
    found: dict[str, object] | None = (await portal.ask(who, FILE, **asked))["referralFile"]
    return found


async def test_the_receiving_caseworker_reads_it_with_safe_contact_first(portal: Portal) -> None:
    row = await described(portal)
    found = await opened(portal, IDVA, row)
    assert found is not None
    assert found["handling"].startswith("OFFICIAL-SENSITIVE")
    assert found["safeContact"] == {"allowed": ["TEXT"], "forbidden": ["POST", "VOICEMAIL"]}
    assert found["reasons"] == ["DOMESTIC_ABUSE"]
    assert found["needs"] == [{"code": "INTERPRETER", "language": "ur"}]
    assert found["wishes"] == {"awareness": "UNAWARE", "reason": "HIGH_RISK"}
    assert found["subjects"] == [{"role": "VICTIM"}]


async def test_each_opening_leaves_one_line_that_the_owner_sees_at_once(portal: Portal) -> None:
    row = await described(portal)
    before = (await portal.ask(SENDER, LOOKS, case=row["id"]))["consultations"]
    assert before["totalCount"] == 0
    await opened(portal, IDVA, row)
    [line] = (await portal.ask(SENDER, LOOKS, case=row["id"]))["consultations"]["nodes"]
    assert line == {
        "purpose": "WORK_ON_CASE",
        "agency": {"shortName": "Wirral"},
        "by": {"id": f"Membership:{fixed('membership', IDVA)}"},
    }
    for ours, found in ((True, 1), (False, 0)):
        counted = await portal.ask(SENDER, OURS, case=row["id"], ours=ours)
        assert counted["consultations"] == {"totalCount": found}


async def test_who_may_not_open_it_is_shown_nothing_and_leaves_no_line(portal: Portal) -> None:
    row = await described(portal)
    for stranger in ("police.caseworker", "uol.caseworker", "wirral.viewer", "tww.protection"):
        assert await opened(portal, stranger, row) is None
    lines = (await portal.ask(SENDER, LOOKS, case=row["id"]))["consultations"]
    assert lines["totalCount"] == 0


@pytest.mark.parametrize("who", ["uol.caseworker", "wirral.viewer", "tww.protection"])
async def test_whoever_is_refused_it_leaves_an_audit_line_whether_there_is_a_case_or_not(
    portal: Portal, who: str
) -> None:
    row, nothing = await described(portal), {"id": f"Referral:{uuid4()}"}
    asked = [row, nothing]
    for one in asked:
        assert await opened(portal, who, one) is None
    await opened(portal, IDVA, row)
    told = await portal.to_the_end(who, REFUSED)
    ids = [str(one["id"]).partition(":")[2] for one in asked]
    told = [line for line in told if line["recordId"] in ids]
    assert sorted(line["recordId"] for line in told) == sorted(ids)
    assert {(line["verb"], line["rule"]) for line in told} == {
        ("referralFile", "referral.full_view")
    }
    for line in told:
        node = "query($id: ID!) { node(id: $id) { id } }"
        assert (await portal.ask("pcc.auditor", node, id=line["id"]))["node"]
        assert (await portal.ask(IDVA, node, id=line["id"]))["node"] is None


async def test_a_data_protection_lead_sees_that_there_is_a_case_and_not_what_it_says(
    portal: Portal,
) -> None:
    row = await described(portal)
    assert (await see(portal, "tww.protection", str(row["id"])))["overall"] == "WAITING"
    assert await opened(portal, "tww.protection", row) is None


PARTY = "UPDATE agreement_party SET {} WHERE agreement_id = :deal AND agency_id = :agency"
ENDS = {
    "suspended": (
        "UPDATE agreement SET suspended_at = now() WHERE id = :deal",
        "UPDATE agreement SET suspended_at = NULL WHERE id = :deal",
    ),
    "over": (
        "UPDATE agreement_version SET review_on = starts_on, ends_on = '2026-11-15',"
        " run_off_days = NULL WHERE agreement_id = :deal AND number = 1",
        "UPDATE agreement_version SET review_on = '2027-04-01', ends_on = '2028-03-31',"
        " run_off_days = 30 WHERE agreement_id = :deal AND number = 1",
    ),
    "wirral out": (PARTY.format("left_at = now()"), PARTY.format("left_at = NULL")),
    "tww out": (PARTY.format("suspended_at = now()"), PARTY.format("suspended_at = NULL")),
}


@pytest.mark.parametrize("how", ENDS)
async def test_what_ends_an_agreement_closes_its_cases_at_the_next_request(
    portal: Portal, cases: Engines, how: str
) -> None:
    row = await described(portal)
    given = {"deal": fixed("agreement", "wirral-marac")}
    if "agency" in ENDS[how][0]:
        given["agency"] = fixed("agency", how.removesuffix(" out"))
    keys = text("SELECT acl, routes FROM referral ORDER BY id")
    assert await see(portal, IDVA, str(row["id"])) is not None
    async with cases.owner.begin() as owner:
        before = (await owner.execute(keys)).all()
        await owner.execute(text(ENDS[how][0]), given)
    assert await see(portal, IDVA, str(row["id"])) is None
    assert await opened(portal, IDVA, row) is None
    assert await see(portal, SENDER, str(row["id"])) is not None
    async with cases.owner.begin() as owner:
        assert (await owner.execute(keys)).all() == before
        await owner.execute(text(ENDS[how][1]), given)
    assert await see(portal, IDVA, str(row["id"])) is not None


async def test_a_category_that_the_agreement_no_longer_covers_is_not_there(
    portal: Portal, cases: Engines
) -> None:
    row = await described(portal)
    change = "UPDATE agreement_version SET categories = {} WHERE agreement_id = :deal"
    deal = {"deal": fixed("agreement", "wirral-marac")}
    async with cases.owner.begin() as owner:
        await owner.execute(text(change.format("array_remove(categories, 'needs')")), deal)
    found = await opened(portal, IDVA, row)
    assert found is not None
    assert found["needs"] is None
    assert found["reasons"] == ["DOMESTIC_ABUSE"]
    async with cases.owner.begin() as owner:
        await owner.execute(text(change.format("categories || '{needs}'::text[]")), deal)
    again = await opened(portal, IDVA, row)
    assert again is not None
    assert again["needs"] != []


async def test_a_team_can_keep_its_cases_from_the_rest_of_its_agency(
    portal: Portal, cases: Engines
) -> None:
    row = await sent(portal)
    colleague = "wirral.lead"
    assert await see(portal, colleague, row["id"]) is not None
    change = text("UPDATE team SET narrow = :narrow WHERE name = 'Family safety unit'")
    async with cases.owner.begin() as owner:
        await owner.execute(change, {"narrow": True})
    assert await see(portal, colleague, row["id"]) is None
    assert await see(portal, IDVA, row["id"]) is not None
    async with cases.owner.begin() as owner:
        await owner.execute(change, {"narrow": False})
    assert await see(portal, colleague, row["id"]) is not None


async def test_whoever_is_accused_and_works_for_a_partner_is_not_stored(portal: Portal) -> None:
    row = await draft(portal, FAMILY_SAFETY)
    for role in ("ALLEGED_PERPETRATOR", "SUSPECT"):
        for employment in ("WORKS", "MAY_WORK", "WORKED"):
            given = {**_of(row), "role": role, "employment": employment}
            refused = await portal.do(SENDER, "nameSubject", given, REFERRAL)
            [error] = refused["errors"]
            assert error["code"] == "INDEPENDENT_ROUTE"
            for route in ("Independent Office for Police Conduct", "another police force", "LADO"):
                assert route in error["message"]
    given = {**_of(row), "role": "SUSPECT"}
    unsaid = await portal.do(SENDER, "nameSubject", given, REFERRAL)
    assert unsaid["errors"][0]["code"] == "EMPLOYMENT_NEEDED"
    assert (await see(portal, SENDER, row["id"]))["version"] == row["version"]


async def test_unaware_or_unwilling_needs_a_reason(portal: Portal) -> None:
    row = await draft(portal)
    for awareness in ("UNAWARE", "AWARE_AND_UNWILLING"):
        given = {**_of(row), "awareness": awareness, "basis": "PUBLIC_TASK"}
        refused = await portal.do(SENDER, "setWishes", given, REFERRAL)
        assert refused["errors"][0]["path"] == ["input", "reason"]
