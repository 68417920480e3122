"""From a draft to an agreement in force: who writes, who is named, who advises, who signs."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from support.agreeing import READ, Agreeing, agency, moves, terms
from support.asking import Portal

from portal.sample.partnership import membership_id
from portal.store.engines import Engines


@pytest.fixture
def deal(portal: Portal) -> Agreeing:
    return Agreeing(portal)


async def test_it_is_in_force_once_all_have_signed_and_its_day_has_come(deal: Agreeing) -> None:
    await (await deal.draft()).with_parties("rasa", "savera")
    assert deal.now["state"] == "DRAFT"
    assert (await deal.move("rasa.protection", "sendAgreement"))["state"] == "OUT_FOR_SIGNATURE"
    await deal.signed_by("rasa")
    assert deal.now["state"] == "OUT_FOR_SIGNATURE"
    assert not await deal.gate("rasa", "savera")
    await deal.signed_by("savera")
    assert deal.now["state"] == "IN_FORCE"
    assert deal.now["inForce"] == {"number": 1}
    assert await deal.gate("rasa", "savera")
    assert await deal.gate("savera", "rasa")
    assert sorted(moves(deal.now)) == sorted(
        ["DRAFTED", *["PARTY_NAMED", "ADVISED", "SIGNED", "JOINED"] * 2, "SENT", "AGREED"]
    )


async def test_signed_before_its_first_day_it_waits_for_that(portal: Portal) -> None:
    deal = await Agreeing(portal).in_force("rasa", "ldas", startsOn="2026-11-20")
    assert deal.now["state"] == "OUT_FOR_SIGNATURE"
    assert not await deal.gate("rasa", "ldas")


async def test_a_draft_is_seen_by_who_is_named_and_by_nobody_else(deal: Agreeing) -> None:
    await deal.draft()
    ask = deal.portal.ask
    assert (await ask("savera.protection", READ, id=deal.id))["agreement"] is None
    await deal.with_parties("savera")
    assert (await ask("savera.protection", READ, id=deal.id))["agreement"]["state"] == "DRAFT"
    assert (await ask("rasa.contributor", READ, id=deal.id))["agreement"] is not None
    for stranger in ("tww.protection", "police.coordinator", "rasa.administrator"):
        assert (await ask(stranger, READ, id=deal.id))["agreement"] is None
    removed = deal.party("Savera")
    await deal.done(
        "rasa.protection", "removeAgreementParty", id=removed["id"],
        expectedVersion=removed["version"], reason="By mistake.",
    )  # fmt: skip
    assert (await ask("savera.protection", READ, id=deal.id))["agreement"] is None
    history = "query($id: ID!) { node(id: $id) { ...on Agreement { history { totalCount } } } }"
    assert (await ask("savera.protection", history, id=deal.id))["node"] is None


WRONG = [
    ({"purposes": []}, "terms.purposes", "REQUIRED"),
    ({"categories": []}, "terms.categories", "REQUIRED"),
    ({"permittedRoles": []}, "terms.permittedRoles", "REQUIRED"),
    ({"gateways": []}, "terms.gateways", "REQUIRED"),
    ({"lawfulBasis": " "}, "terms.lawfulBasis", "REQUIRED"),
    ({"retentionRule": "x" * 1001}, "terms.retentionRule", "LONG"),
    ({"reviewOn": "2026-11-01"}, "terms.reviewOn", "INVALID"),
    ({"endsOn": "2027-01-01"}, "terms.endsOn", "INVALID"),
    ({"startsOn": "2020-01-01", "reviewOn": "2020-06-01", "endsOn": "2021-01-01"},
     "terms.endsOn", "INVALID"),
    ({"runOffDays": 0}, "terms.runOffDays", "INVALID"),
    ({"runOffDays": 367}, "terms.runOffDays", "INVALID"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "path", "code"), WRONG)
async def test_terms_that_cannot_stand_are_named(
    deal: Agreeing, what: dict[str, Any], path: str, code: str
) -> None:
    given = {"title": "T", "terms": terms(**what)}
    answer = await deal.said("rasa.protection", "draftAgreement", **given)
    found = [(".".join(e["path"][1:]), e["code"]) for e in answer["errors"]]
    assert found == [(path, code)]


async def test_terms_that_are_odd_are_accepted_with_a_word(deal: Agreeing) -> None:
    odd = {"ceiling": "OFFICIAL", "reviewOn": "2028-11-01"}
    made = await deal.done("rasa.protection", "draftAgreement", title="Odd", terms=terms(**odd))
    assert {w["code"] for w in made["warnings"]} == {
        "NOTHING_SHARED", "LATE_REVIEW", "UNCONFIRMED_GATEWAY",
    }  # fmt: skip


@pytest.mark.parametrize(
    "who", ["rasa.coordinator", "rasa.signatory", "wirral.viewer", "wirral.caseworker"]
)
async def test_only_who_drafts_agreements_begins_one(deal: Agreeing, who: str) -> None:
    answer = await deal.said(who, "draftAgreement", title="T", terms=terms())
    assert (answer["__typename"], answer["rule"]) == ("NotPermitted", "agreement.drafts")


async def test_a_single_point_of_contact_drafts_too(deal: Agreeing) -> None:
    made = await deal.done(
        "wirral.spoc", "draftAgreement", title="Wirral's", terms=terms(rightsLead=agency("wirral"))
    )
    assert made["state"] == "DRAFT"


async def test_a_draft_is_written_anew_until_it_is_sent(deal: Agreeing) -> None:
    await (await deal.draft()).with_parties("rasa", "savera")
    changed = await deal.move(
        "rasa.protection", "changeAgreement", title="Renamed", terms=terms(purposes=["MARAC"])
    )
    assert changed["versions"]["nodes"][0]["purposes"] == ["MARAC"]
    stale = await deal.said("rasa.protection", "changeAgreement", id=deal.id, expectedVersion=1)
    assert stale["__typename"] == "Conflict"
    await deal.move("rasa.protection", "sendAgreement")
    late = await deal.said(
        "rasa.protection", "changeAgreement", id=deal.id, expectedVersion=deal.version, title="X"
    )
    assert late["errors"][0]["code"] == "WRONG_STATE"


async def test_nothing_is_sent_that_nobody_could_share_under(deal: Agreeing) -> None:
    await deal.draft()
    given = {"id": deal.id, "expectedVersion": deal.version}
    alone = await deal.said("rasa.protection", "sendAgreement", **given)
    assert len(alone["errors"]) == 4
    await deal.move(
        "rasa.protection", "nameAgreementParty", agency=agency("rasa"), direction="GIVES"
    )
    await deal.move(
        "rasa.protection", "nameAgreementParty", agency=agency("uol"), direction="RECEIVES",
        actsFor=agency("wirral"),
    )  # fmt: skip
    given["expectedVersion"] = deal.version
    unnamed = await deal.said("rasa.protection", "sendAgreement", **given)
    assert "acts for an authority" in unnamed["errors"][0]["message"]


async def test_a_way_that_no_power_opens_is_told_before_anybody_signs(deal: Agreeing) -> None:
    await (await deal.draft()).with_parties("rasa", "wirral")
    sent = await deal.move("rasa.protection", "sendAgreement")
    assert [w["code"] for w in sent["warnings"]] == ["NO_GATEWAY"]  # Wirral may give RASA nothing


async def test_a_party_is_named_once_and_is_still_there(deal: Agreeing) -> None:
    await (await deal.draft()).with_parties("rasa")
    given = {"id": deal.id, "expectedVersion": deal.version, "direction": "BOTH"}
    twice = await deal.said("rasa.protection", "nameAgreementParty", **given, agency=agency("rasa"))
    assert twice["errors"][0]["code"] == "ALREADY_ASKED"
    itself = await deal.said(
        "rasa.protection", "nameAgreementParty", **given, agency=agency("tww"),
        actsFor=agency("tww"),
    )  # fmt: skip
    assert itself["errors"][0]["path"] == ["input", "actsFor"]


async def test_no_signature_without_advice_by_somebody_else(deal: Agreeing) -> None:
    await (await deal.draft()).with_parties("rasa", "savera")
    early = await deal.said("rasa.signatory", "signAgreement", version=deal.newest)
    assert early["errors"][0]["code"] == "WRONG_STATE"
    await deal.move("rasa.protection", "sendAgreement")
    unadvised = await deal.said("rasa.signatory", "signAgreement", version=deal.newest)
    assert unadvised["errors"][0]["code"] == "ADVICE_MISSING"
    empty = await deal.said(
        "rasa.protection", "adviseOnAgreement", version=deal.newest, verdict="AGAINST", text=" "
    )
    assert empty["errors"][0]["path"] == ["input", "text"]
    await deal.done(
        "rasa.protection", "adviseOnAgreement", version=deal.newest, verdict="AGAINST", text="No."
    )
    signed = await deal.done("rasa.signatory", "signAgreement", version=deal.newest)
    assert [w["code"] for w in signed["warnings"]] == ["ADVICE"]
    twice = await deal.said("rasa.signatory", "signAgreement", version=deal.newest)
    assert twice["errors"][0]["code"] == "ALREADY_ASKED"


async def test_who_advises_does_not_sign_and_who_signs_does_not_advise(deal: Agreeing) -> None:
    await (await deal.draft()).with_parties("rasa", "savera")
    await deal.move("rasa.protection", "sendAgreement")
    officer = await deal.said("rasa.protection", "signAgreement", version=deal.newest)
    assert officer["rule"] == "agreement.adviser_does_not_sign"
    other = await deal.said("rasa.coordinator", "signAgreement", version=deal.newest)
    assert other["rule"] == "agreement.signatory_signs"
    given = {"version": deal.newest, "verdict": "SUPPORTS", "text": "Yes."}
    signatory = await deal.said("rasa.signatory", "adviseOnAgreement", **given)
    assert signatory["rule"] == "agreement.data_protection_lead_advises"
    stranger = await deal.said("tww.signatory", "signAgreement", version=deal.newest)
    assert stranger["__typename"] == "NotFound"


async def test_the_lead_that_is_no_party_signs_nothing(portal: Portal) -> None:
    deal = await Agreeing(portal).draft(rightsLead=agency("savera"))
    await deal.with_parties("savera", "ldas")
    await deal.move("rasa.protection", "sendAgreement")
    given = {"version": deal.newest, "verdict": "SUPPORTS", "text": "Yes."}
    advice = await deal.said("rasa.protection", "adviseOnAgreement", **given)
    assert advice["rule"] == "agreement.party_signs"


WHO = """query($id: ID!) { agreement(id: $id) { parties { nodes { agency { shortName }
  dataProtectionLeads { totalCount nodes { id agency { shortName } roles } } } }
  versions { nodes { signatures { nodes { title signedAt signedBy { id }
    agency { shortName } } } } } } }"""


async def test_each_party_shows_whom_to_turn_to_and_who_signed_as_what_and_when(
    portal: Portal, agreed: Engines
) -> None:
    deal = await Agreeing(portal).in_force("rasa", "savera")
    found = (await portal.ask("savera.signatory", WHO, id=deal.id))["agreement"]
    for party in found["parties"]["nodes"]:
        [lead] = party["dataProtectionLeads"]["nodes"]
        key = party["agency"]["shortName"].lower()
        assert lead["id"] == f"Membership:{membership_id(f'{key}.protection')}"
        assert lead["agency"] == party["agency"]
    [version] = found["versions"]["nodes"]
    signed = {one["agency"]["shortName"]: one for one in version["signatures"]["nodes"]}
    assert set(signed) == {"RASA", "Savera"}
    for key, one in signed.items():
        assert one["signedBy"] == {"id": f"Membership:{membership_id(f'{key.lower()}.signatory')}"}
        assert (one["title"], one["signedAt"][:10]) == ("TRUSTEE", "2026-11-16")
    ends = text("UPDATE membership_role SET ends_on = :day WHERE membership_id = :who")
    who = {"who": membership_id("savera.protection")}
    try:
        async with agreed.owner.begin() as owner:
            await owner.execute(ends, {**who, "day": date(2026, 11, 15)})
        after = (await portal.ask("rasa.protection", WHO, id=deal.id))["agreement"]
        counts = {
            party["agency"]["shortName"]: party["dataProtectionLeads"]["totalCount"]
            for party in after["parties"]["nodes"]
        }
        assert counts == {"RASA": 1, "Savera": 0}
    finally:
        async with agreed.owner.begin() as owner:
            await owner.execute(ends, {**who, "day": None})
