"""An agreement in force: amended, joined, interrupted, left and ended, and who may do which."""

from datetime import date

import pytest
from support.agreeing import GATE, Agreeing, agency, moves, part, sample, terms
from support.asking import Portal

LEAD = "rasa.protection"
WHY = {"reason": "A letter went astray."}


@pytest.fixture
async def deal(portal: Portal) -> Agreeing:
    return await Agreeing(portal).in_force("rasa", "savera", "ldas")


async def test_a_suspended_agreement_closes_the_gate_until_it_goes_on(deal: Agreeing) -> None:
    assert await deal.gate("rasa", "savera")
    assert (await deal.move(LEAD, "suspendAgreement", **WHY))["state"] == "SUSPENDED"
    assert not await deal.gate("rasa", "savera")
    told = await deal.move(LEAD, "resumeAgreement", reason="It is mended.")
    assert told["state"] == "IN_FORCE"
    assert await deal.gate("rasa", "savera")
    last = told["events"]["nodes"][-1]
    assert (last["move"], last["reason"], last["byAgency"]) == (
        "RESUMED", "It is mended.", {"shortName": "RASA"},
    )  # fmt: skip


async def test_a_withdrawn_agreement_stays_readable_and_opens_nothing(deal: Agreeing) -> None:
    assert (await deal.move(LEAD, "withdrawAgreement", **WHY))["state"] == "WITHDRAWN"
    assert not await deal.gate("rasa", "savera")
    for mutation in ("suspendAgreement", "resumeAgreement", "withdrawAgreement"):
        given = {"id": deal.id, "expectedVersion": deal.version, **WHY}
        again = await deal.said(LEAD, mutation, **given)
        assert again["errors"][0]["code"] == "WRONG_STATE"


async def test_every_move_wants_a_reason_and_the_version_that_was_read(deal: Agreeing) -> None:
    given = {"id": deal.id, "expectedVersion": deal.version}
    for mutation in ("suspendAgreement", "withdrawAgreement"):
        silent = await deal.said(LEAD, mutation, **given, reason=" ")
        assert silent["errors"][0]["path"] == ["input", "reason"]
        stale = await deal.said(LEAD, mutation, id=deal.id, expectedVersion=1, **WHY)
        assert stale["__typename"] == "Conflict"


@pytest.mark.parametrize("mutation", ["suspendAgreement", "withdrawAgreement", "sendAgreement"])
async def test_only_the_lead_moves_the_whole(deal: Agreeing, mutation: str) -> None:
    why = {} if mutation == "sendAgreement" else WHY
    given = {"id": deal.id, "expectedVersion": deal.version, **why}
    party = await deal.said("savera.protection", mutation, **given)
    assert party["rule"] == "agreement.lead_keeps"
    untitled = await deal.said("rasa.contributor", mutation, **given)
    assert untitled["rule"] == "agreement.drafts"
    stranger = await deal.said("wirral.protection", mutation, **given)
    assert stranger["__typename"] == "NotFound"


async def test_one_party_is_suspended_and_the_others_go_on(deal: Agreeing) -> None:
    await deal.move_party("savera.protection", "suspendAgreementParty", "Savera", **WHY)
    assert deal.now["state"] == "IN_FORCE"
    assert not deal.party("Savera")["stands"]
    assert not await deal.gate("rasa", "savera")
    assert not await deal.gate("savera", "rasa")
    assert await deal.gate("rasa", "ldas")
    row = deal.party("Savera")
    twice = await deal.said(
        "savera.protection", "suspendAgreementParty", id=row["id"],
        expectedVersion=row["version"], **WHY,
    )  # fmt: skip
    assert twice["errors"][0]["code"] == "WRONG_STATE"
    await deal.move_party("savera.protection", "resumeAgreementParty", "Savera", **WHY)
    assert await deal.gate("rasa", "savera")


async def test_what_the_lead_has_suspended_the_party_does_not_lift(deal: Agreeing) -> None:
    await deal.move_party(LEAD, "suspendAgreementParty", "Savera", **WHY)
    row = deal.party("Savera")
    given = {"id": row["id"], "expectedVersion": row["version"], **WHY}
    own = await deal.said("savera.protection", "resumeAgreementParty", **given)
    assert own["rule"] == "agreement.lead_suspended"
    other = await deal.said("ldas.protection", "resumeAgreementParty", **given)
    assert other["rule"] == "agreement.own_part"
    await deal.move_party(LEAD, "resumeAgreementParty", "Savera", **WHY)
    assert deal.party("Savera")["stands"]


async def test_a_party_leaves_by_its_own_word_and_keeps_sight(deal: Agreeing) -> None:
    row = deal.party("Savera")
    given = {"id": row["id"], "expectedVersion": row["version"], **WHY}
    assert (await deal.said(LEAD, "leaveAgreement", **given))["rule"] == "agreement.own_part"
    removed = await deal.said(LEAD, "removeAgreementParty", **given)
    assert removed["errors"][0]["code"] == "WRONG_STATE"
    left = await deal.move_party("savera.protection", "leaveAgreement", "Savera", **WHY)
    assert left["state"] == "IN_FORCE"
    assert left["warnings"] == []
    assert not await deal.gate("rasa", "savera")
    assert await deal.gate("ldas", "rasa")
    last = await deal.move_party("ldas.protection", "leaveAgreement", "LDAS", **WHY)
    assert [w["code"] for w in last["warnings"]] == ["NOBODY_LEFT"]


async def test_a_new_version_counts_once_all_have_signed_it(deal: Agreeing) -> None:
    wider = terms(purposes=["VICTIM_SUPPORT", "MARAC"], startsOn="2026-11-16")
    await deal.move(LEAD, "amendAgreement", terms=wider, reason="MARAC, too.")
    given = {"id": deal.id, "expectedVersion": deal.version}
    second = await deal.said(LEAD, "amendAgreement", **given, terms=wider, **WHY)
    assert second["errors"][0]["code"] == "WRONG_STATE"
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by("rasa", "savera")
    assert deal.now["inForce"] == {"number": 1}
    assert await deal.gate("rasa", "savera"), "the old version counts meanwhile"
    await deal.signed_by("ldas")
    assert deal.now["inForce"] == {"number": 2}
    assert await deal.gate("rasa", "savera")


async def test_who_is_named_for_a_new_version_does_not_come_in_by_the_old_one(
    deal: Agreeing,
) -> None:
    first = deal.newest
    await deal.move(LEAD, "amendAgreement", terms=terms(), **WHY)
    await deal.with_parties("tww")
    given = {"version": first, "verdict": "SUPPORTS", "text": "Yes."}
    advice = await deal.said("tww.protection", "adviseOnAgreement", **given)
    assert advice["errors"][0]["code"] == "NOT_NEWEST"
    signed = await deal.said("tww.signatory", "signAgreement", version=first)
    assert signed["errors"][0]["code"] == "NOT_NEWEST"
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by("rasa", "savera", "ldas")
    assert deal.now["inForce"] == {"number": 1}, "the new party must sign as well"
    await deal.signed_by("tww")
    assert deal.now["inForce"] == {"number": 2}
    assert deal.party("TWW")["stands"]


async def test_nobody_waits_for_the_signature_of_a_party_that_has_left(deal: Agreeing) -> None:
    await deal.move(LEAD, "amendAgreement", terms=terms(), **WHY)
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by("rasa", "savera")
    await deal.move_party("ldas.protection", "leaveAgreement", "LDAS", **WHY)
    assert deal.now["inForce"] == {"number": 2}


async def test_who_was_suspended_signs_the_new_version_before_it_stands(deal: Agreeing) -> None:
    await deal.move_party(LEAD, "suspendAgreementParty", "LDAS", **WHY)
    await deal.move(LEAD, "amendAgreement", terms=terms(), **WHY)
    await deal.move(LEAD, "sendAgreement")
    await deal.signed_by("rasa", "savera")
    assert deal.now["inForce"] == {"number": 2}
    back = await deal.move_party(LEAD, "resumeAgreementParty", "LDAS", **WHY)
    assert [w["code"] for w in back["warnings"]] == ["SIGNATURE_MISSING"]
    assert not await deal.gate("rasa", "ldas")
    await deal.signed_by("ldas")
    assert await deal.gate("rasa", "ldas")


async def test_a_version_is_given_up_and_the_one_in_force_goes_on(deal: Agreeing) -> None:
    none = await deal.said(
        LEAD, "giveUpAgreementVersion", id=deal.id, expectedVersion=deal.version, **WHY
    )
    assert none["errors"][0]["code"] == "WRONG_STATE"
    await deal.move(LEAD, "amendAgreement", terms=terms(), **WHY)
    await deal.move(LEAD, "sendAgreement")
    await deal.move(LEAD, "giveUpAgreementVersion", **WHY)
    assert deal.now["state"] == "IN_FORCE"
    signed = await deal.said("rasa.signatory", "signAgreement", version=deal.newest)
    assert signed["errors"][0]["code"] == "WRONG_STATE"


async def test_a_further_party_joins_when_it_has_signed_and_all_others_agree(
    deal: Agreeing,
) -> None:
    await deal.with_parties("tww")
    await deal.signed_by("tww")
    assert not deal.party("TWW")["stands"]
    row = deal.party("TWW")
    given = {"id": row["id"], "expectedVersion": row["version"]}
    consent = "consentToAgreementParty"
    drafter = await deal.said("savera.protection", consent, **given)
    assert drafter["rule"] == "agreement.adviser_does_not_sign"
    assert (await deal.said("savera.coordinator", consent, **given))["rule"] == (
        "agreement.signatory_signs"
    )
    itself = await deal.said("tww.signatory", consent, **given)
    assert itself["rule"] == "agreement.party_consents"
    await deal.move_party("savera.signatory", consent, "TWW")
    assert not deal.party("TWW")["stands"], "LDAS has not agreed yet"
    twice = await deal.said("savera.signatory", consent, **given)
    assert twice["errors"][0]["code"] == "ALREADY_ASKED"
    await deal.move_party("ldas.signatory", consent, "TWW")
    assert deal.party("TWW")["stands"]
    assert await deal.gate("rasa", "tww")
    assert "JOINED" in moves(deal.now)


async def test_where_the_leads_word_is_enough_nobody_else_is_asked(portal: Portal) -> None:
    deal = await Agreeing(portal).in_force("rasa", "savera", accession="LEAD")
    await deal.with_parties("tww")
    row = deal.party("TWW")
    asked = await deal.said(
        "savera.signatory", "consentToAgreementParty", id=row["id"],
        expectedVersion=row["version"],
    )  # fmt: skip
    assert asked["errors"][0]["code"] == "WRONG_STATE"
    await deal.signed_by("tww")
    assert await deal.gate("rasa", "tww")


async def test_a_closed_agreement_lets_nobody_join(portal: Portal) -> None:
    deal = await Agreeing(portal).in_force("rasa", "savera", accession="CLOSED")
    given = {"id": deal.id, "expectedVersion": deal.version, "direction": "BOTH"}
    answer = await deal.said(LEAD, "nameAgreementParty", **given, agency=agency("tww"))
    assert answer["errors"][0]["code"] == "NO_ACCESSION"


async def test_an_expired_agreement_is_renewed_by_a_new_version(portal: Portal) -> None:
    deal = Agreeing(portal, sample("knowsley-housing"))
    read = "query($id: ID!) { agreement(id: $id) { state version } }"
    found = (await portal.ask("ldas.protection", read, id=deal.id))["agreement"]
    assert found["state"] == "EXPIRED"
    deal.now = found
    renewed = await deal.move(
        "knowsley.protection", "amendAgreement", terms=terms(rightsLead=agency("knowsley")), **WHY
    )
    assert renewed["state"] == "EXPIRED"


async def test_it_closes_at_the_end_of_its_last_day_and_says_so(portal: Portal) -> None:
    deal = await Agreeing(portal).in_force(
        "rasa", "savera", endsOn="2026-11-30", reviewOn="2026-11-20"
    )
    later = Portal(portal.schema, portal.engine, date(2026, 11, 30))
    assert await Agreeing(later, deal.id).gate("rasa", "savera")
    over = Portal(portal.schema, portal.engine, date(2026, 12, 1))
    assert not await Agreeing(over, deal.id).gate("rasa", "savera")
    state = "query($id: ID!) { agreement(id: $id) { state } }"
    assert (await later.ask(LEAD, state, id=deal.id))["agreement"] == {"state": "DUE_REVIEW"}
    assert (await over.ask(LEAD, state, id=deal.id))["agreement"] == {"state": "EXPIRED"}


async def test_agreements_are_found_by_state_party_purpose_and_review(portal: Portal) -> None:
    document = (
        "query($filter: AgreementFilter) { agreements(filter: $filter, first: 100,"
        " orderBy: TITLE) { totalCount nodes { id isSample } } }"
    )

    async def found(who: str, **filters: object) -> set[str]:
        page = (await portal.ask(who, document, filter=filters))["agreements"]
        return {node["id"] for node in page["nodes"] if node["isSample"]}

    assert await found("sefton.protection", state=["SUSPENDED"]) == {sample("sefton-front-door")}
    assert await found("uol.protection", state=["DUE_REVIEW"]) == {sample("universities")}
    assert await found("uol.protection", reviewBefore="2026-11-16") == {sample("universities")}
    assert await found("wirral.spoc", purpose="MARAC") == {sample("wirral-marac")}
    assert await found("police.protection", party=agency("cps")) == {sample("cps-police")}
    assert await found("rasa.protection", party=agency("cps")) == set()
    assert await found("ldas.protection", endsBefore="2026-11-16") == {sample("knowsley-housing")}
    drafts = {sample("sthelens-idva"), sample("perpetrators")}
    assert await found("police.protection", state=["DRAFT", "OUT_FOR_SIGNATURE"]) == drafts
    assert sample("sthelens-idva") in await found("savera.protection", lead=agency("sthelens"))


async def test_the_gate_answers_which_agreement_permits_and_what_others_lack(
    portal: Portal,
) -> None:
    given = {
        "sender": agency("police"), "receiver": agency("rasa"), "purpose": "VICTIM_SUPPORT",
        "categories": ["NEEDS", "ORDERS"],
    }  # fmt: skip
    answer = (await portal.ask("rasa.protection", GATE, **given))["agreementGate"]
    told = {one["agreementId"]: one for one in answer}
    marac, idva = told[sample("wirral-marac")], told[sample("police-idva")]
    assert (marac["permits"], marac["gateway"], marac["lacks"]) == (True, "cda_115", [])
    assert (idva["permits"], idva["lacks"]) == (False, ["CATEGORIES"])
    assert idva["lackingCategories"] == ["ORDERS"]
    assert answer[0]["permits"]
    assert sample("cps-police") not in told, "RASA is no party of that"
    stranger = (await portal.ask("icb.viewer", GATE, **given))["agreementGate"]
    assert {one["agreementId"] for one in stranger} == {sample("wirral-marac")}


async def test_a_part_of_a_hidden_agreement_is_not_there(portal: Portal) -> None:
    given = {"id": part("cps-police", "cps"), "expectedVersion": 1, "reason": "No."}
    for mutation in ("suspendAgreementParty", "leaveAgreement", "resumeAgreementParty"):
        answer = await portal.do("rasa.protection", mutation, given)
        assert answer["__typename"] == "NotFound"
