"""A victim lets a supporter's team see where her matter stands: what she was told, and no more."""

from typing import Any

from support.asking import Portal
from support.charging import LIAISON, OFFICER, goes, matter, on, registered
from support.referring import team
from support.supporting import AUTHORITY, FILE, ISVA, TOLD, authority

OUTSIDER = "savera.caseworker"
SHOWN = """query($reference: String!) { supportedMatters(filter: {reference: $reference}) {
  totalCount nodes { suspect state says nextDay handling } } }"""


async def shown(portal: Portal, row: dict[str, Any], who: str = ISVA) -> dict[int, Any]:
    """What somebody sees of each suspect, of those whom their agency supports."""
    found = (await portal.ask(who, SHOWN, reference=row["reference"]))["supportedMatters"]
    assert found["totalCount"] == len(found["nodes"])
    return {one["suspect"]: (one["state"], one["nextDay"]) for one in found["nodes"]}


async def test_a_supporters_team_sees_where_it_stands_and_nothing_of_the_case(
    portal: Portal,
) -> None:
    row = await registered(portal)
    assert await shown(portal, row) == {}
    done = await authority(portal, row["id"])
    assert done["supportAuthority"]["stands"] is True, done
    assert await shown(portal, row) == {1: ("investigation", None), 2: ("investigation", None)}
    assert await shown(portal, row, "rasa.coordinator") == {}  # of her agency, and not of cases
    for other in (OUTSIDER, OFFICER, LIAISON):
        assert await shown(portal, row, other) == {}
    assert await matter(portal, row["id"], ISVA) is None
    nodes = "query($id: ID!) { supportAuthorities(filter: {referral: $id}) { totalCount } }"
    counts = {
        who: (await portal.ask(who, nodes, id=row["id"]))["supportAuthorities"]["totalCount"]
        for who in (OFFICER, LIAISON, ISVA)
    }
    assert counts == {OFFICER: 1, LIAISON: 1, ISVA: 0}


async def test_she_is_told_first_and_her_supporter_sees_it_then(portal: Portal) -> None:
    row = await registered(portal)
    case = row["id"]
    await authority(portal, case)
    await goes(portal, OFFICER, case, 1, "submit", **FILE)
    await goes(portal, LIAISON, case, 1, "accept_file")
    assert (await shown(portal, row))[1] == ("under_review", None)
    await goes(portal, LIAISON, case, 1, "authorise_charge", test="full_code")
    await goes(portal, OFFICER, case, 1, "charge", charge_form="charged")
    await goes(portal, OFFICER, case, 1, "first_hearing_magistrates", hearing_on="2026-11-25")
    assert (await shown(portal, row))[1] == ("under_review", None)  # nobody has told her yet
    await goes(portal, OFFICER, case, 1, "victim_told", **TOLD)
    assert await shown(portal, row) == {
        1: ("magistrates", "2026-11-25"),
        2: ("investigation", None),
    }
    assert (await shown(on(portal, "2026-11-26"), row))[1] == ("magistrates", None)


async def test_who_comes_later_is_shown_what_she_has_been_told_so_far(portal: Portal) -> None:
    row = await registered(portal)
    await goes(portal, OFFICER, row["id"], 2, "submit", **FILE)
    await goes(portal, LIAISON, row["id"], 2, "accept_file")
    await goes(portal, LIAISON, row["id"], 2, "decide_nfa_evidential")
    await authority(portal, row["id"], LIAISON)
    assert (await shown(portal, row))[2] == ("under_review", None)


async def test_her_authority_has_days(portal: Portal) -> None:
    row = await registered(portal)
    await authority(portal, row["id"], fromOn="2026-11-18", untilOn="2026-11-20")
    days = {
        day: len(await shown(on(portal, day), row))
        for day in ("2026-11-17", "2026-11-18", "2026-11-20", "2026-11-21")
    }
    assert days == {"2026-11-17": 0, "2026-11-18": 2, "2026-11-20": 2, "2026-11-21": 0}


async def test_what_she_takes_back_is_gone_at_once_and_stays_gone(portal: Portal) -> None:
    row = await registered(portal)
    given = (await authority(portal, row["id"]))["supportAuthority"]
    change = {"id": given["id"], "expectedVersion": given["version"]}
    stranger = await portal.do(ISVA, "revokeAuthority", change, AUTHORITY)
    assert stranger["__typename"] == "NotFound"
    done = await portal.do(OFFICER, "revokeAuthority", change, AUTHORITY)
    assert done["supportAuthority"]["revokedOn"] == "2026-11-16", done
    assert await shown(portal, row) == {}
    await goes(portal, OFFICER, row["id"], 1, "submit", **FILE)
    assert await shown(portal, row) == {}
    change["expectedVersion"] = done["supportAuthority"]["version"]
    again = await portal.do(LIAISON, "revokeAuthority", change, AUTHORITY)
    assert again["errors"][0]["code"] == "ENDED"
    assert (await authority(portal, row["id"]))["__typename"] == "SupportAuthorityPayload"
    assert len(await shown(portal, row)) == 2


async def test_an_authority_is_hers_for_one_team_once(portal: Portal) -> None:
    row = await registered(portal)
    await authority(portal, row["id"])
    for more, field in (
        ({}, "team"),  # a second time
        ({"team": team("cps", "Area business centre")}, "team"),  # a party already
        ({"victim": 2}, "victim"),
        ({"team": team("savera", "Casework"), "untilOn": "2026-11-15"}, "untilOn"),
    ):
        refused = await authority(portal, row["id"], **more)
        assert refused["errors"][0]["path"] == ["input", field], (more, refused)
    assert (await authority(portal, row["id"], ISVA))["__typename"] == "NotFound"
    lead = await authority(portal, row["id"], "police.protection")
    assert (lead["__typename"], lead["rule"]) == ("NotPermitted", "charging.parties_say")
