"""A council officer logs an initiative with all that is known of it, and changes it later."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from support.asking import Portal
from support.initiating import DATED, LEAD, attempt, done, live, log, of, read, refused

from portal.sample.partnership import DAY, team_id
from portal.store.engines import Engines

WIRRAL_TEAM = f"Team:{team_id('wirral', 'Community safety')}"
ALL = {
    "title": "  Safer   bus stops ",
    "summary": "Lights and help points.\n\nWith drivers.",
    "leadTeam": WIRRAL_TEAM,
    "audience": "Women who travel at night",
    "place": "Birkenhead bus station",
    "areas": ["E08000015", "E47000004"],
    **DATED,
    "equalityImpact": "Step-free help points.",
    "equalityReviewedOn": "2026-08-01",
    "visibility": "PARTNERSHIP",
}


async def test_everything_that_is_logged_is_shown(portal: Portal) -> None:
    row = await log(portal, **ALL)
    assert row["title"] == "Safer bus stops"
    for field in ("summary", "audience", "place", "startsOn", "endsOn", "equalityImpact"):
        assert row[field] == ALL[field]
    assert (row["leadTeam"], row["lead"]) == ({"id": WIRRAL_TEAM}, {"shortName": "Wirral"})
    assert row["areas"] == [
        {"code": "E47000004", "inForceArea": False},  # the city region reaches beyond the force
        {"code": "E08000015", "inForceArea": True},
    ]
    assert (row["stage"], row["rating"], row["timing"]) == ("PROPOSED", "NOT_STARTED", "DATED")
    assert row["sentAt"] == "2026-11-16T09:00:00Z"
    assert row["reference"].startswith("VG-")


async def test_a_draft_needs_only_a_title(portal: Portal) -> None:
    row = await log(portal)
    assert (row["visibility"], row["sentAt"], row["areas"]) == ("DRAFT", None, [])


async def test_all_faults_are_named_at_once(portal: Portal) -> None:
    faulty = {
        "title": " ",
        "place": "x" * 201,
        "leadTeam": f"Team:{team_id('rasa', 'Prevention')}",
        "areas": ["E08000015", "E99999999", "Liverpool"],
        "startsOn": "2027-01-02",
        "endsOn": "2027-01-01",
    }
    answer = await refused(portal, LEAD, "logInitiative", **faulty)
    faults = answer["faults"]
    assert set(faults) == {"title", "place", "leadTeam", "areas.1", "areas.2", "endsOn"}
    assert "E99999999" in faults["areas.1"]
    assert "before" in faults["endsOn"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"timing": "OPEN_ENDED"}, "reviewOn"),
        ({"timing": "OPEN_ENDED", "reviewOn": "2027-01-01", "endsOn": "2027-02-01"}, "endsOn"),
        ({"timing": "UNKNOWN"}, "timingSource"),
        ({"timing": "UNKNOWN", "timingSource": " "}, "timingSource"),
    ],
)
async def test_other_timings_need_what_makes_them_usable(
    portal: Portal, given: dict[str, Any], field: str
) -> None:
    answer = await refused(portal, LEAD, "logInitiative", title="Walk and talk", **given)
    assert list(answer["faults"]) == [field]


async def test_an_area_code_that_has_ended_is_unknown(portal: Portal, engines: Engines) -> None:
    values = "('E08000098', 'Old borough', 'borough', true, '1974-04-01', '2009-03-31')"
    async with engines.owner.begin() as owner:
        await owner.execute(text(f"INSERT INTO area VALUES {values} ON CONFLICT DO NOTHING"))  # noqa: S608
    try:
        answer = await refused(
            portal, LEAD, "logInitiative", title="Walk and talk", areas=["E08000098"]
        )
        assert list(answer["faults"]) == ["areas.0"]
    finally:
        async with engines.owner.begin() as owner:
            await owner.execute(text("DELETE FROM area WHERE code = 'E08000098'"))


async def test_only_coordinators_log_and_for_their_own_agency(portal: Portal) -> None:
    for who in ("wirral.contributor", "wirral.viewer", "police.administrator", "pcc.auditor"):
        answer = await refused(portal, who, "logInitiative", "NotPermitted", title="Mine")
        assert answer["rule"] == "initiative.coordinator_starts"
    assert (await log(portal, "rasa.coordinator"))["lead"] == {"shortName": "RASA"}


async def test_a_change_leaves_what_it_does_not_name_and_null_clears(portal: Portal) -> None:
    row = await log(portal, **ALL)
    given = {"title": "Safer stations", "audience": None, "areas": ["E08000015", "E08000012"]}
    changed = await done(portal, LEAD, "changeInitiative", **of(row, **given))
    assert (changed["title"], changed["audience"]) == ("Safer stations", None)
    assert {area["code"] for area in changed["areas"]} == {"E08000015", "E08000012"}
    same = ("summary", "place", "leadTeam", "startsOn", "visibility", "reference", "sentAt")
    assert {name: changed[name] for name in same} == {name: row[name] for name in same}
    assert changed["version"] == row["version"] + 1
    cleared = await done(
        portal, LEAD, "changeInitiative",
        **of(changed, summary=None, leadTeam=None, areas=None, startsOn=None, timing=None),
    )  # fmt: skip
    assert (cleared["summary"], cleared["leadTeam"], cleared["areas"]) == ("", None, [])
    assert (cleared["startsOn"], cleared["timing"]) == (None, "DATED")


async def test_new_areas_alone_count_as_a_change(portal: Portal) -> None:
    row = await log(portal)
    changed = await done(portal, LEAD, "changeInitiative", **of(row, areas=["E08000015"]))
    assert changed["version"] == row["version"] + 1
    same = await done(portal, LEAD, "changeInitiative", **of(changed, areas=["E08000015"]))
    assert same["version"] == changed["version"]


async def test_a_change_is_refused_as_a_whole(portal: Portal) -> None:
    row = await live(portal)
    given = {"title": "New", "endsOn": None, "areas": ["nowhere"]}
    answer = await refused(portal, LEAD, "changeInitiative", **of(row, **given))
    assert set(answer["faults"]) == {"endsOn", "areas.0"}
    assert await read(portal, LEAD, row["id"], "title version") == {
        "title": "Safer bus stops",
        "version": row["version"],
    }


async def test_a_title_cannot_be_cleared(portal: Portal) -> None:
    row = await log(portal)
    for title in (None, "", " \n ", "x" * 121):
        answer = await refused(portal, LEAD, "changeInitiative", **of(row, title=title))
        assert list(answer["faults"]) == ["title"]


async def test_a_team_that_does_not_exist_is_not_found(portal: Portal) -> None:
    row = await log(portal)
    nobody = f"Team:{UUID(int=7)}"
    answer = await refused(portal, LEAD, "changeInitiative", "NotFound", **of(row, leadTeam=nobody))
    assert answer["path"] == ["input", "leadTeam"]


@pytest.mark.parametrize(
    ("who", "kind"),
    [
        ("wirral.contributor", "NotPermitted"),
        ("wirral.viewer", "NotPermitted"),
        ("sefton.coordinator", "NotPermitted"),  # the partnership sees it; it is not theirs
        ("cheshire.viewer", "NotFound"),  # no partner, so for them it does not exist
        ("police.administrator", "NotFound"),
    ],
)
@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("changeInitiative", {"title": "Mine"}),
        ("shareInitiative", {"visibility": "PUBLIC"}),
        ("deleteInitiative", {}),
        ("moveInitiative", {"to": "CANCELLED"}),
        ("rateInitiative", {"rating": "GREEN"}),
        ("handOverLead", {"agency": "Agency:00000000-0000-0000-0000-000000000000"}),
    ],
)
async def test_only_the_lead_s_coordinators_change_an_initiative(
    portal: Portal, who: str, kind: str, mutation: str, given: dict[str, Any]
) -> None:
    row = await log(portal, visibility="PARTNERSHIP")
    answer = await attempt(portal, who, mutation, **of(row, **given))
    assert answer["__typename"] == kind
    assert (await read(portal, LEAD, row["id"], "version"))["version"] == row["version"]


async def test_sharing_widens_and_narrows_and_never_makes_a_draft_again(portal: Portal) -> None:
    row = await log(portal)
    row = await done(portal, LEAD, "shareInitiative", **of(row, visibility="DRAFT"))
    assert row["sentAt"] is None
    row = await done(portal, LEAD, "shareInitiative", **of(row, visibility="PUBLIC"))
    assert await read(portal, "police.administrator", row["id"], "id") == {"id": row["id"]}
    row = await done(portal, LEAD, "shareInitiative", **of(row, visibility="PARTNERS"))
    assert await read(portal, "sefton.coordinator", row["id"], "id") is None
    for mutation in ("shareInitiative", "changeInitiative"):
        answer = await refused(portal, LEAD, mutation, **of(row, visibility="DRAFT"))
        assert list(answer["faults"]) == ["visibility"]


async def test_an_unsent_draft_can_be_deleted_and_nothing_else(portal: Portal) -> None:
    draft = await log(portal, areas=["E08000015"])
    answer = await portal.do(
        LEAD, "deleteInitiative", of(draft), "...on DeletedPayload { deletedId }"
    )
    assert answer["deletedId"] == draft["id"]
    assert await read(portal, LEAD, draft["id"], "id") is None
    sent = await log(portal, visibility="PARTNERS")
    refusal = await refused(portal, LEAD, "deleteInitiative", **of(sent))
    assert "cancel" in refusal["faults"]["id"]


async def test_every_change_is_kept_with_who_and_what(portal: Portal, engines: Engines) -> None:
    row = await log(portal)
    await done(portal, LEAD, "changeInitiative", **of(row, title="Safer stations"))
    wanted = text(
        "SELECT c.verb, c.kind, h.before ->> 'title', h.after ->> 'title' FROM change c"
        " JOIN history h ON h.change_id = c.id WHERE c.object_id = :id ORDER BY c.txid, c.version"
    )
    async with engines.owner.connect() as owner:
        kept = (await owner.execute(wanted, {"id": row["id"].removeprefix("Initiative:")})).all()
    assert [tuple(line) for line in kept] == [
        ("log_initiative", "created", None, "Safer bus stops"),
        ("change_initiative", "updated", "Safer bus stops", "Safer stations"),
    ]


async def test_it_is_overdue_from_the_day_after_its_last(portal: Portal) -> None:
    row = await live(portal, startsOn="2026-11-01", endsOn=DAY.isoformat())
    assert row["overdue"] is False
    tomorrow = replace(portal, today=DAY + timedelta(days=1))
    assert (await read(tomorrow, LEAD, row["id"], "overdue"))["overdue"] is True
