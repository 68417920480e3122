"""A coordinator brings a spreadsheet: first a rehearsal, then all or nothing, and never twice."""

from datetime import date
from pathlib import Path

import pytest
from support.asking import Portal, unpaged
from support.initiating import LEAD, committed, live, log
from support.measuring import defined_count
from support.workbooks import bring, brought, counts, initiatives, key, told

COLUMNS = (
    "title stage visibility timing startsOn summary source rating"
    " areas { nodes { name } } themes { nodes { name } }"
)


async def named(portal: Portal, who: str, title: str, shows: str = COLUMNS) -> list[dict]:
    """The initiatives of this title that somebody sees."""
    document = f"""query($text: String!) {{ initiatives(first: 20, filter: {{ text: $text }}) {{
        nodes {{ title {shows} }} }} }}"""
    found = unpaged(await portal.ask(who, document, text=title))["initiatives"]
    return [each for each in found if each["title"] == title]


async def test_a_rehearsal_tells_what_would_happen_and_saves_nothing(
    portal: Portal, tmp_path: Path
):
    title = f"Rehearsed {key()}"
    file = initiatives(tmp_path / "a.xlsx", {"Initiative": key(), "Title": title})
    report = await bring(portal, LEAD, file, rehearse=True)
    assert counts(report) == {"Initiatives": {"new": 1}}
    assert await named(portal, LEAD, title) == []


async def test_the_same_file_again_changes_nothing(portal: Portal, tmp_path: Path):
    title = f"Twice {key()}"
    row = {
        "Initiative": key(), "Title": title, "Areas": "St. Helens; E08000012",
        "Themes": "transport; Night-time economy", "Stage": "Live", "Visibility": "Partners",
        "Timing source": "a web page", "Starts on": date(2022, 3, 7), "Rating": "red",
        "Rating reason": "Late.", "Framework entries": "The 4 Ps, 2024: PREVENT",
    }  # fmt: skip
    partners = [{"Initiative": row["Initiative"], "Agency": "Merseytravel", "Parts": "Host"}]
    actions = [
        {"Initiative": row["Initiative"], "Title": "Fit lamps", "Team": "Community safety",
         "Due on": "2026-12-01", "State": state, "Note": note}
        for state, note in (("open", None), ("done", "All lit."), ("not done", "No staff."))
    ]  # fmt: skip
    funding = [
        {"Initiative": row["Initiative"], "Source": "Council", "Amount": "£20,000",
         "Financial year": "2026/27", "Match funding": "yes"}
    ] * 2  # fmt: skip
    file = initiatives(
        tmp_path / "a.xlsx", row, Partners=partners, Actions=actions, Funding=funding
    )
    expected = {"Initiatives": 1, "Partners": 1, "Funding": 2, "Actions": 3}
    assert await brought(portal, LEAD, file) == {n: {"new": c} for n, c in expected.items()}
    again = await brought(portal, LEAD, file)
    assert again == {name: {"unchanged": count} for name, count in expected.items()}
    [found] = await named(portal, LEAD, title)
    assert found == {
        "title": title, "stage": "LIVE", "visibility": "PARTNERS", "timing": "UNKNOWN",
        "startsOn": "2022-03-07", "summary": "", "source": None, "rating": "RED",
        "areas": [{"name": "Liverpool"}, {"name": "St Helens"}],
        "themes": [{"name": "Night-time economy"}, {"name": "Transport"}],
    }  # fmt: skip


async def test_another_agency_with_the_same_key_has_its_own_initiative(
    portal: Portal, tmp_path: Path
):
    mine, title = key(), f"Ours alone {key()}"
    file = initiatives(tmp_path / "a.xlsx", {"Initiative": mine, "Title": title})
    await brought(portal, LEAD, file)
    assert await brought(portal, "sefton.coordinator", file) == {"Initiatives": {"new": 1}}
    assert len(await named(portal, LEAD, title)) == 1
    assert len(await named(portal, "sefton.coordinator", title)) == 1


async def test_one_bad_row_keeps_every_row_out_and_names_each_fault(portal: Portal, tmp_path: Path):
    good, title = key(), f"Not half {key()}"
    file = initiatives(
        tmp_path / "a.xlsx",
        {"Initiative": good, "Title": title},
        {"Initiative": key(), "Title": "  ", "Stage": "running", "Starts on": "07/03/2022"},
        {"Initiative": key(), "Title": "Red", "Rating": "red"},
        {"Initiative": key(), "Title": "Backwards", "Starts on": "2026-02-01",
         "Ends on": "2026-01-01"},
        {"Initiative": good, "Title": "Again"},
        Partners=[{"Initiative": good, "Agency": "about 50 partners", "Parts": "deliver"}],
        Actions=[{"Initiative": good, "Title": "Patrol", "Agency": "Merseyside Police",
                  "Team": "Prevention hub", "Due on": "2026-12-01"}],
    )  # fmt: skip
    report = await bring(portal, LEAD, file)
    assert told(report.faults) == {
        ("Initiatives", 3, "Title"), ("Initiatives", 3, "Stage"), ("Initiatives", 3, "Starts on"),
        ("Initiatives", 4, "Rating reason"), ("Initiatives", 5, "Ends on"), ("Initiatives", 6, ""),
        ("Partners", 2, "Agency"), ("Actions", 2, "Team"),
    }  # fmt: skip
    assert all(fault.reason and fault.remedy for fault in report.faults)
    assert await named(portal, LEAD, title) == []


async def test_a_fault_of_an_initiative_hides_none_of_what_hangs_on_it(
    portal: Portal, tmp_path: Path
):
    bad = key()
    file = initiatives(
        tmp_path / "a.xlsx",
        {"Initiative": bad, "Title": "Red", "Rating": "red"},
        Partners=[{"Initiative": bad, "Agency": "about 50 partners", "Parts": "deliver"}],
        Funding=[{"Initiative": bad, "Source": "Home Office", "Amount": 100}],
        Actions=[{"Initiative": bad, "Title": "Patrol", "Agency": "Merseyside Police",
                  "Team": "Prevention hub", "Due on": "2026-12-01"}],
    )  # fmt: skip
    faults = (await bring(portal, LEAD, file)).faults
    assert [(f.sheet, f.column, f.reason) for f in faults] == [
        ("Initiatives", "Rating reason", "Something is missing."),
        ("Partners", "Agency", "“about 50 partners” is no agency that the portal knows."),
        ("Funding", "Financial year", "Something is missing."),
        ("Actions", "Team", "This team's agency takes no part in it."),
    ]


async def test_an_initiative_is_led_by_an_agency_that_the_portal_knows(
    portal: Portal, tmp_path: Path
):
    row = {"Initiative": key(), "Title": "Lost", "Lead": "Atlantis Council"}
    [fault] = (await bring(portal, LEAD, initiatives(tmp_path / "a.xlsx", row))).faults
    assert (fault.column, fault.row) == ("Lead", 2)
    assert fault.remedy == "Write one agency in a cell, by its full or short name."


@pytest.mark.parametrize("who", ["wirral.viewer", "wirral.contributor", "icb.viewer"])
async def test_who_may_not_log_an_initiative_may_not_import_one(
    portal: Portal, tmp_path: Path, who: str
):
    file = initiatives(tmp_path / "a.xlsx", {"Initiative": key(), "Title": "Mine"})
    [fault] = (await bring(portal, who, file)).faults
    assert fault.rule == "initiative.coordinator_starts"


async def test_a_hidden_initiative_is_refused_like_one_that_is_not_there(
    portal: Portal, tmp_path: Path
):
    hidden = (await log(portal))["reference"]
    rows = [
        {"Initiative": reference, "Title": "Peek", "Due on": "2026-12-01", "Team": "Licensing"}
        for reference in (hidden, "VG-ZZZZZ2")
    ]
    file = initiatives(tmp_path / "a.xlsx", Actions=rows)
    first, second = (await bring(portal, "liverpool.coordinator", file)).faults
    assert (first.column, first.reason, first.remedy) == (
        "Initiative",
        second.reason,
        second.remedy,
    )


async def test_a_partner_sees_a_shared_initiative_and_cannot_change_it(
    portal: Portal, tmp_path: Path
):
    row = await live(portal)
    await committed(portal, row)
    file = initiatives(tmp_path / "a.xlsx", {"Initiative": row["reference"], "Title": "Ours now"})
    [fault] = (await bring(portal, "rasa.coordinator", file)).faults
    assert fault.rule == "initiative.lead_edits"
    same = {"Initiative": row["reference"].lower(), "Title": row["title"]}
    file = initiatives(tmp_path / "b.xlsx", same)
    assert await brought(portal, "rasa.coordinator", file) == {"Initiatives": {"unchanged": 1}}


async def test_a_partners_contributor_brings_its_own_actions_and_figures_only(
    portal: Portal, tmp_path: Path
):
    row, definition = await live(portal), await defined_count(portal)
    await committed(portal, row)
    of = {"Initiative": row["reference"]}
    measure = {**of, "Measure": definition["key"]}
    await brought(portal, LEAD, initiatives(tmp_path / "lead.xlsx", Measures=[measure]))
    own = {**of, "Title": "Train helpers", "Team": "Prevention", "Due on": "2026-12-01"}
    figure = {**measure, "Period from": "2026-10-01", "Period to": "2026-10-31", "Value": 12}
    file = initiatives(tmp_path / "a.xlsx", Actions=[own], Observations=[figure])
    assert await brought(portal, "rasa.contributor", file) == {
        "Actions": {"new": 1}, "Observations": {"new": 1}
    }  # fmt: skip
    others = {**own, "Title": "Light it", "Agency": "Wirral Council", "Team": "Community safety"}
    theirs = {**figure, "Value": 13, "Recorded by": "Wirral Council"}
    money = {**of, "Source": "Us", "Amount": 5, "Financial year": "2026/27"}
    file = initiatives(
        tmp_path / "b.xlsx", Actions=[others], Observations=[theirs], Measures=[
            {**measure, "Target": 50, "Target on": "2027-01-01"}], Funding=[money],
    )  # fmt: skip
    faults = (await bring(portal, "rasa.contributor", file)).faults
    assert {fault.rule for fault in faults} == {
        "action.own_team", "measure.own_agency_records", "initiative.lead_edits"
    }  # fmt: skip


async def test_another_figure_for_the_same_period_corrects_the_one_that_stands(
    portal: Portal, tmp_path: Path
):
    row, definition = await live(portal), await defined_count(portal)
    measure = {"Initiative": row["reference"], "Measure": definition["key"]}

    def figures(value: float) -> Path:
        period = {"Period from": "2026-10-01", "Period to": "2026-10-31", "Value": value}
        return initiatives(
            tmp_path / f"{value}.xlsx", Measures=[measure], Observations=[{**measure, **period}]
        )

    await brought(portal, LEAD, figures(12))
    assert (await brought(portal, LEAD, figures(14)))["Observations"] == {"changed": 1}
    assert (await brought(portal, LEAD, figures(14)))["Observations"] == {"unchanged": 1}
    document = """query($id: ID!) { initiative(id: $id) { measures { nodes {
        allObservations { nodes { value superseded } } } } } }"""
    [found] = (await portal.ask(LEAD, document, id=row["id"]))["initiative"]["measures"]["nodes"]
    values = {o["value"]: o["superseded"] for o in found["allObservations"]["nodes"]}
    assert values == {"12": True, "14": False}


async def test_a_column_that_is_not_there_stays_and_an_empty_cell_clears(
    portal: Portal, tmp_path: Path
):
    title, row_key = f"Clearing {key()}", key()
    first = {"Initiative": row_key, "Title": title, "Summary": "Long.", "Place": "Bus station"}
    await brought(portal, LEAD, initiatives(tmp_path / "a.xlsx", first))
    second = {"Initiative": row_key, "Title": title, "Place": None, "Areas": "Wirral"}
    file = initiatives(tmp_path / "b.xlsx", second)
    assert await brought(portal, LEAD, file) == {"Initiatives": {"changed": 1}}
    [found] = await named(portal, LEAD, title, "summary place version areas { nodes { name } }")
    assert (found["summary"], found["place"], found["version"]) == ("Long.", None, 2)
    assert found["areas"] == [{"name": "Wirral"}]


async def test_stages_go_step_by_step_and_are_not_reopened(portal: Portal, tmp_path: Path):
    title, row_key = f"Steps {key()}", key()
    dated = {"Starts on": "2026-01-01", "Ends on": "2026-06-30"}

    def at(stage: str) -> Path:
        row = {"Initiative": row_key, "Title": title, "Stage": stage, **dated}
        return initiatives(tmp_path / f"{stage}.xlsx", row)

    await brought(portal, LEAD, at("live"))
    await brought(portal, LEAD, at("closed"))
    [found] = await named(portal, LEAD, title, "stageMoves { nodes { fromStage toStage } }")
    steps = {(m["fromStage"], m["toStage"]) for m in found["stageMoves"]}
    assert steps == {
        ("PROPOSED", "APPROVED"), ("APPROVED", "LIVE"), ("LIVE", "COMPLETE"),
        ("COMPLETE", "CLOSED"),
    }  # fmt: skip
    [fault] = (await bring(portal, LEAD, at("live"))).faults
    assert fault.column == "Stage"


async def test_only_the_partner_itself_commits(portal: Portal, tmp_path: Path):
    row = await live(portal)
    partner = {"Initiative": row["reference"], "Agency": "RASA", "Parts": "deliver"}
    claimed = initiatives(tmp_path / "a.xlsx", Partners=[{**partner, "State": "committed"}])
    [fault] = (await bring(portal, LEAD, claimed)).faults
    assert fault.column == "State"
    await brought(portal, LEAD, initiatives(tmp_path / "b.xlsx", Partners=[partner]))
    query = """query($reference: String!) {
        initiativeByReference(reference: $reference) { partners { nodes { state } } }
    }"""
    found = await portal.ask("rasa.coordinator", query, reference=row["reference"])
    assert found["initiativeByReference"]["partners"]["nodes"] == [{"state": "INVITED"}]


async def test_one_grant_counts_once_for_a_year(portal: Portal, tmp_path: Path):
    row, number = await live(portal), key()
    line = {
        "Initiative": row["reference"], "Source": "Fund", "Grant reference": number,
        "Financial year": 2026, "Amount": 100,
    }  # fmt: skip
    other = {**line, "Initiative": (await live(portal))["reference"]}
    file = initiatives(tmp_path / "a.xlsx", Funding=[line, other])
    [fault] = (await bring(portal, LEAD, file)).faults
    assert (fault.row, fault.column) == (3, "Grant reference")
    await brought(portal, LEAD, initiatives(tmp_path / "b.xlsx", Funding=[line]))
    [fault] = (await bring(portal, LEAD, initiatives(tmp_path / "c.xlsx", Funding=[other]))).faults
    assert fault.column == "Grant reference"


async def test_the_rest_of_a_joint_file_is_left_to_those_who_lead_it(
    portal: Portal, tmp_path: Path
):
    ours, theirs = key(), key()
    file = initiatives(
        tmp_path / "a.xlsx",
        {"Initiative": ours, "Title": "Ours", "Lead": "Wirral"},
        {"Initiative": theirs, "Title": "Theirs", "Lead": "Sefton Council"},
        Partners=[
            {"Initiative": of, "Agency": "RASA", "Parts": "support"} for of in (ours, theirs)
        ],
    )
    [fault] = (await bring(portal, LEAD, file)).faults
    assert (fault.row, fault.column, fault.rule) == (3, "Lead", "initiative.lead_logs")
    assert await brought(portal, LEAD, file, mine=True) == {
        "Initiatives": {"new": 1, "left alone": 1}, "Partners": {"new": 1}
    }  # fmt: skip
    assert (await brought(portal, "sefton.coordinator", file, mine=True))["Partners"] == {"new": 1}


async def test_every_row_has_its_history_and_every_try_its_audit_line(
    portal: Portal, tmp_path: Path, engines
):
    title = f"Recorded {key()}"
    row = {"Initiative": key(), "Title": title}
    await brought(portal, LEAD, initiatives(tmp_path / "a.xlsx", row))
    bad = {**row, "Rating": "red"}
    await bring(portal, LEAD, initiatives(tmp_path / "b.xlsx", bad))
    await bring(portal, "wirral.viewer", initiatives(tmp_path / "c.xlsx", row))
    async with engines.owner.connect() as owner:
        verbs = await owner.exec_driver_sql(
            "SELECT c.verb, h.after ->> 'title' FROM change c JOIN history h ON h.change_id = c.id"
            " WHERE h.after ->> 'title' = $1", (title,),
        )  # fmt: skip
        assert verbs.all() == [("import_initiatives", title)]
        lines = await owner.exec_driver_sql(
            "SELECT outcome, rule FROM audit_line WHERE verb = 'import_initiatives'"
        )
        assert {*map(tuple, lines)} >= {
            ("done", None), ("refused", "Invalid"), ("refused", "initiative.coordinator_starts")
        }  # fmt: skip
