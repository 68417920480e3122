"""Agencies come in by invitation or offer, answer for themselves, and leave or are let go."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import LEAD, agency, attempt, committed, done, live, of, read, refused
from support.writing import plain

from portal.sample.partnership import DAY, agency_id, team_id
from portal.store.engines import Engines

RASA = "rasa.coordinator"


async def invited(portal: Portal, row: dict[str, Any], key: str = "rasa") -> dict[str, Any]:
    """An agency that was asked and has not answered."""
    given = {"initiative": row["id"], "agency": agency(key), "parts": ["DELIVER", "FUND"]}
    return await done(portal, LEAD, "invitePartner", **given, note="Will you train drivers?")


async def offered(portal: Portal, row: dict[str, Any]) -> dict[str, Any]:
    """An agency that has offered itself."""
    given = {"initiative": row["id"], "parts": ["SUPPORT"], "note": "We can help."}
    return await done(portal, "rasa.contributor", "offerContribution", **given)


async def test_an_invited_agency_accepts_and_is_committed(portal: Portal) -> None:
    row = await live(portal)
    asked = await invited(portal, row)
    assert (asked["state"], asked["parts"], asked["answeredAt"]) == (
        "INVITED",
        ["DELIVER", "FUND"],
        None,
    )
    accepted = await done(portal, RASA, "acceptInvitation", **of(asked, note="Gladly."))
    assert (accepted["state"], accepted["note"]) == ("COMMITTED", "Gladly.")
    assert accepted["answeredAt"] is not None
    again = await refused(portal, RASA, "acceptInvitation", **of(accepted))
    assert "COMMITTED" in again["faults"]["id"]


async def test_an_agency_that_declines_sees_it_no_more(portal: Portal) -> None:
    row = await live(portal)
    asked = await invited(portal, row)
    shown = await done(portal, RASA, "declineInvitation", **of(asked, note="No staff."))
    assert shown["state"] == "INVITED"  # read just before the step that ends its sight
    assert await read(portal, RASA, row["id"], "id") is None
    nodes = (await read(portal, LEAD, row["id"], "partners { nodes { state note } }"))["partners"]
    assert nodes == {"nodes": [{"state": "DECLINED", "note": "No staff."}]}


@pytest.mark.parametrize("mutation", ["acceptInvitation", "declineInvitation", "leaveInitiative"])
async def test_only_its_own_coordinator_answers_for_an_agency(
    portal: Portal, mutation: str
) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    asked = await invited(portal, row)
    for who in ("rasa.contributor", "sefton.coordinator", LEAD):
        answer = await refused(portal, who, mutation, "NotPermitted", **of(asked))
        assert answer["rule"] == "partner.own_coordinator_answers"
    await refused(portal, "cheshire.viewer", mutation, "NotFound", **of(asked))


@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("acceptOffer", {}),
        ("declineOffer", {}),
        ("changePartnerParts", {"parts": ["HOST"]}),
        ("removePartner", {"reason": "Done."}),
    ],
)
async def test_only_the_lead_decides_about_partners(
    portal: Portal, mutation: str, given: dict[str, Any]
) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    partner = await offered(portal, row)
    for who in (RASA, "wirral.contributor", "sefton.coordinator"):
        await refused(portal, who, mutation, "NotPermitted", **of(partner, **given))
    await refused(portal, "cheshire.viewer", mutation, "NotFound", **of(partner, **given))


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("wirral.viewer", "NotPermitted"),
        ("sefton.coordinator", "NotPermitted"),
        ("cheshire.viewer", "NotFound"),
    ],
)
async def test_only_the_lead_invites(portal: Portal, who: str, kind: str) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    given = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    await refused(portal, who, "invitePartner", kind, **given)


async def test_an_invitation_that_makes_no_sense_is_refused(portal: Portal) -> None:
    row = await live(portal)
    given = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST", "HOST"]}
    nothing = await refused(portal, LEAD, "invitePartner", **{**given, "parts": []})
    assert list(nothing["faults"]) == ["parts"]
    lead = await refused(portal, LEAD, "invitePartner", **{**given, "agency": agency("wirral")})
    assert "leads" in lead["faults"]["agency"]
    nobody = {**given, "agency": f"Agency:{uuid4()}"}
    unknown = await refused(portal, LEAD, "invitePartner", "NotFound", **nobody)
    assert unknown["path"] == ["input", "agency"]
    long = await refused(portal, LEAD, "invitePartner", **given, note="x" * 501)
    assert list(long["faults"]) == ["note"]
    assert (await done(portal, LEAD, "invitePartner", **given))["parts"] == ["HOST"]
    twice = await refused(portal, LEAD, "invitePartner", **given)
    assert "invited already" in twice["faults"]["agency"]


async def test_an_agency_that_has_ended_names_its_successor(
    portal: Portal, engines: Engines
) -> None:
    row, ended = await live(portal), uuid4()
    insert = (
        "INSERT INTO agency (id, name, short_name, kind, in_partnership, shows_names, ended_on,"
        " successor_id) SELECT :id, 'Old Prevention Trust', 'OPT', 'charity', true, false,"
        " '2026-03-31', id FROM agency WHERE short_name = 'RASA'"
    )
    async with engines.owner.begin() as owner:
        await owner.execute(text(insert), {"id": ended})
    try:
        given = {"initiative": row["id"], "agency": f"Agency:{ended}", "parts": ["HOST"]}
        answer = await refused(portal, LEAD, "invitePartner", **given)
        assert "RASA Merseyside took over" in answer["faults"]["agency"]
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(text("DELETE FROM capability WHERE agency_id = :id"), {"id": ended})
            await owner.execute(text("DELETE FROM agency WHERE id = :id"), {"id": ended})


async def test_inviting_to_a_draft_warns_that_nobody_sees_it_yet(portal: Portal) -> None:
    row = await done(portal, LEAD, "logInitiative", title="Still a thought")
    given = {"initiative": row["id"], "agency": agency("rasa"), "parts": ["HOST"]}
    answer = await attempt(portal, LEAD, "invitePartner", **given)
    assert answer["warnings"] == [{"code": "STILL_A_DRAFT"}]
    assert await read(portal, RASA, row["id"], "id") is None


async def test_an_agency_offers_and_the_lead_accepts(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    partner = await offered(portal, row)
    assert (partner["state"], partner["agency"]) == ("OFFERED", {"shortName": "RASA"})
    accepted = await done(portal, LEAD, "acceptOffer", **of(partner))
    assert (accepted["state"], accepted["note"]) == ("COMMITTED", "We can help.")
    late = await refused(portal, LEAD, "declineOffer", **of(accepted))
    assert list(late["faults"]) == ["id"]


async def test_an_offer_needs_sight_a_role_and_something_to_offer(portal: Portal) -> None:
    hidden = await live(portal)
    given = {"initiative": hidden["id"], "parts": ["SUPPORT"]}
    await refused(portal, RASA, "offerContribution", "NotFound", **given)
    seen = await live(portal, visibility="PARTNERSHIP")
    given = {"initiative": seen["id"], "parts": ["SUPPORT"]}
    await refused(portal, "icb.viewer", "offerContribution", "NotPermitted", **given)
    own = await refused(portal, "wirral.contributor", "offerContribution", **given)
    assert "leads" in own["faults"]["initiative"]
    none = await refused(portal, RASA, "offerContribution", **{**given, "parts": []})
    assert list(none["faults"]) == ["parts"]
    await offered(portal, seen)
    twice = await refused(portal, RASA, "offerContribution", **given)
    assert list(twice["faults"]) == ["initiative"]
    asked = {**given, "agency": agency("rasa")}
    waiting = await refused(portal, LEAD, "invitePartner", **asked)
    assert "answer its offer" in waiting["faults"]["agency"]


async def test_a_partner_that_declined_left_or_was_turned_down_is_asked_again(
    portal: Portal,
) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    first = await invited(portal, row)
    await done(portal, RASA, "declineInvitation", **of(first))
    second = await invited(portal, row)
    assert (second["id"], second["state"], second["answeredAt"]) == (first["id"], "INVITED", None)
    accepted = await done(portal, RASA, "acceptInvitation", **of(second))
    left = await done(portal, RASA, "leaveInitiative", **of(accepted, reason="Money ran out."))
    assert (left["state"], left["endedReason"]) == ("LEFT", "Money ran out.")
    offer = await offered(portal, row)
    assert (offer["id"], offer["endedReason"]) == (first["id"], None)
    turned = await done(portal, LEAD, "declineOffer", **of(offer, reason="Enough hands."))
    assert (turned["state"], turned["endedReason"]) == ("DECLINED", "Enough hands.")
    assert (await invited(portal, row))["id"] == first["id"]


async def test_whoever_can_offer_can_withdraw_the_offer_and_nothing_more(portal: Portal) -> None:
    row = await live(portal, visibility="PARTNERSHIP")
    offer = await offered(portal, row)
    for who in ("police.viewer", "sefton.coordinator", LEAD):
        await refused(portal, who, "leaveInitiative", "NotPermitted", **of(offer))
    gone = await done(portal, "rasa.contributor", "leaveInitiative", **of(offer, reason="A slip."))
    assert (gone["state"], gone["endedReason"]) == ("LEFT", "A slip.")
    again = await offered(portal, row)
    accepted = await done(portal, LEAD, "acceptOffer", **of(again))
    stays = await refused(portal, "rasa.contributor", "leaveInitiative", "NotPermitted",
                          **of(accepted))  # fmt: skip
    assert stays["rule"] == "partner.own_coordinator_answers"


async def test_the_lead_changes_what_a_partner_brings(portal: Portal) -> None:
    partner = await committed(portal, await live(portal))
    given = of(partner, parts=["EVALUATE", "HOST"])
    changed = await done(portal, LEAD, "changePartnerParts", **given)
    assert changed["parts"] == ["EVALUATE", "HOST"]
    stale = await refused(portal, LEAD, "changePartnerParts", "Conflict", **given)
    assert stale["currentVersion"] == changed["version"]


async def test_a_removed_partner_is_told_why_and_sees_it_no_more(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row)
    none = await refused(portal, LEAD, "removePartner", **of(partner, reason=" "))
    assert list(none["faults"]) == ["reason"]
    gone = await done(portal, LEAD, "removePartner", **of(partner, reason="The grant has ended."))
    assert (gone["state"], gone["endedReason"]) == ("LEFT", "The grant has ended.")
    assert await read(portal, RASA, row["id"], "id") is None
    again = await refused(portal, LEAD, "removePartner", **of(gone, reason="Again."))
    assert list(again["faults"]) == ["id"]


async def test_a_partner_s_open_actions_go_to_the_lead(portal: Portal, engines: Engines) -> None:
    owners = text(
        "SELECT a.state, g.short_name FROM action a JOIN agency g ON g.id = a.owner_agency_id"
        " WHERE a.initiative_id = :id ORDER BY a.state"
    )
    action = text(
        "INSERT INTO action (id, initiative_id, title, detail, owner_team_id, owner_agency_id,"
        " due_on, state, done_on, created_at, updated_at, version, acl, created_by_id)"
        " SELECT gen_random_uuid(), :id, 'Train drivers', '', t.id, t.agency_id, '2026-12-01',"
        " :state, :done, now(), now(), 1, '{}', gen_random_uuid() FROM team t"
        " JOIN agency a ON a.id = t.agency_id WHERE a.short_name = 'RASA' LIMIT 1"
    )
    for verb, who in (("removePartner", LEAD), ("leaveInitiative", RASA)):
        row = await live(portal)
        partner = await committed(portal, row)
        plain = {"id": row["id"].removeprefix("Initiative:")}
        async with engines.owner.begin() as owner:
            await owner.execute(action, {**plain, "state": "done", "done": DAY})
            await owner.execute(action, {**plain, "state": "open", "done": None})
        await done(portal, who, verb, **of(partner, reason="Money ran out."))
        async with engines.owner.connect() as owner:
            found = [tuple(line) for line in await owner.execute(owners, plain)]
        assert found == [("done", "RASA"), ("open", "Wirral")]


QUIET = "query($key: ID) { quietPartners(filter: {agency: $key}) { totalCount nodes { id } } }"
OF_IT = "partnersWithoutUpdate { nodes { id } }"


async def test_a_partner_that_does_nothing_for_60_days_is_quiet(portal: Portal) -> None:
    row = await live(portal)
    partner = await committed(portal, row, "savera")
    for days in (0, 60, 61):
        then = replace(portal, today=DAY + timedelta(days=days))
        found = [{"id": partner["id"]}] if days > 60 else []
        seen = await read(then, LEAD, row["id"], OF_IT)
        assert seen["partnersWithoutUpdate"]["nodes"] == found
        listed = (await then.ask(LEAD, QUIET, key=agency("savera")))["quietPartners"]["nodes"]
        assert ({"id": partner["id"]} in listed) is bool(found)
        hidden = await then.ask("sefton.coordinator", QUIET, key=agency("savera"))
        assert {"id": partner["id"]} not in hidden["quietPartners"]["nodes"]


async def test_only_what_the_partner_does_itself_is_an_update(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row, "savera")
    partner = await committed(portal, row, "rasa")
    given = {"ownerTeam": f"Team:{team_id('rasa', 'Prevention')}", "dueOn": "2027-03-01"}
    later = replace(portal, today=DAY + timedelta(days=50))
    await done(later, LEAD, "changePartnerParts", **of(partner, parts=["HOST"]))
    added = {"initiative": row["id"], "title": "Train drivers", **given}
    action = await later.do(RASA, "addAction", added)
    assert action["__typename"] == "ActionPayload"
    then = replace(portal, today=DAY + timedelta(days=61))
    shows = "partnersWithoutUpdate { nodes { agency { shortName } } }"
    quiet = (await read(then, LEAD, row["id"], shows))["partnersWithoutUpdate"]["nodes"]
    assert quiet == [{"agency": {"shortName": "Savera"}}]


async def test_whoever_joins_late_takes_nobody_for_quiet_who_was_busy_before(
    portal: Portal,
) -> None:
    row = await live(portal)
    await committed(portal, row, "savera")
    busy = await committed(portal, row, "rasa")
    later = replace(portal, today=DAY + timedelta(days=50))
    said = {"initiative": row["id"], "text": "Drivers are trained."}
    assert (await later.do(RASA, "addComment", said))["__typename"] == "CommentPayload"
    joins = replace(portal, today=DAY + timedelta(days=55))
    await committed(joins, row, "sefton")
    then = replace(portal, today=DAY + timedelta(days=61))
    shows = "partnersWithoutUpdate { nodes { agency { shortName } } }"
    for who in (LEAD, RASA, "sefton.coordinator"):
        quiet = (await read(then, who, row["id"], shows))["partnersWithoutUpdate"]["nodes"]
        assert quiet == [{"agency": {"shortName": "Savera"}}], who
    listed = (await then.ask("sefton.coordinator", QUIET, key=agency("rasa")))["quietPartners"]
    assert {"id": busy["id"]} not in listed["nodes"]


async def test_what_a_partner_says_to_itself_is_no_word_to_the_others(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row, "rasa")
    later = replace(portal, today=DAY + timedelta(days=50))
    said = {"initiative": row["id"], "text": "Between us.", "audience": "AGENCY"}
    await later.do(RASA, "addComment", said)
    then = replace(portal, today=DAY + timedelta(days=61))
    for who in (LEAD, RASA):
        shows = "partnersWithoutUpdate { nodes { agency { shortName } } }"
        quiet = (await read(then, who, row["id"], shows))["partnersWithoutUpdate"]["nodes"]
        assert quiet == [{"agency": {"shortName": "RASA"}}], who


async def test_nobody_is_told_whether_a_hidden_initiative_is_busy(portal: Portal) -> None:
    row = await live(portal)
    await committed(portal, row, "rasa")
    asked = text("SELECT heard_since(:initiative, :agency, '2020-01-01')")
    given = {"initiative": plain(row), "agency": agency_id("rasa")}
    for who, told in ((LEAD, True), ("sefton.coordinator", False)):
        async with portal.context(who).acting() as session:
            assert (await session.execute(asked, given)).scalar_one() is told, who
