"""An export holds what its caller may see in the API, all of it, and leaves an audit line."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.asking import Portal
from support.initiating import LEAD, committed, done, live, log, of
from support.measuring import defined_count
from support.workbooks import bring, brought, initiatives, key, taken

from portal.sheets.exporting import About, NotAnswered
from portal.sheets.importing import planned, quiet
from portal.sheets.plan import Options
from portal.sheets.reading import read_book
from portal.sheets.workbook import write_export
from portal.sheets.writing import Overtaken, write


async def titles(portal: Portal, who: str, **filter: Any) -> set[str]:
    return {str(row[1]) for row in (await taken(portal, who, **filter)).rows["Initiatives"]}


async def test_nobody_exports_what_is_hidden_from_them(portal: Portal):
    draft = await log(portal, title=f"Draft {key()}")
    shared = await live(portal, title=f"Shared {key()}")
    await committed(portal, shared)
    assert {draft["title"], shared["title"]} <= await titles(portal, LEAD, mine=True)
    assert shared["title"] in await titles(portal, "rasa.contributor")
    for outsider in ("sefton.coordinator", "cheshire.viewer", "pcc.administrator"):
        assert not {draft["title"], shared["title"]} & await titles(portal, outsider)


async def test_a_filter_is_the_apis_own_and_a_wrong_one_is_refused(portal: Portal):
    title = f"Filtered {key()}"
    await log(portal, title=title)
    assert await titles(portal, LEAD, text=title, stage=["PROPOSED"]) == {title}
    assert await titles(portal, LEAD, text=title, stage=["LIVE"]) == set()
    with pytest.raises(NotAnswered, match="colour"):
        await taken(portal, LEAD, colour="red")


async def test_lists_that_fill_several_pages_come_out_whole(portal: Portal, tmp_path: Path):
    """More initiatives, actions, measures and figures than the export reads at once."""
    word, first = key(), date(2020, 1, 1)
    measures = [(await defined_count(portal))["key"] for _ in range(11)]
    keys = [key() for _ in range(12)]
    file = initiatives(
        tmp_path / "many.xlsx",
        *({"Initiative": each, "Title": f"{word} {at}"} for at, each in enumerate(keys)),
        Actions=[
            {"Initiative": keys[0], "Title": f"Act {at}", "Team": "Community safety",
             "Due on": first + timedelta(days=at)}
            for at in range(145)
        ],
        Measures=[{"Initiative": keys[0], "Measure": measure} for measure in measures],
        Observations=[
            {"Initiative": keys[0], "Measure": measures[number], "Value": at,
             "Period from": first + timedelta(days=at), "Period to": first + timedelta(days=at)}
            for number in (0, 10) for at in range(125)
        ],
    )  # fmt: skip
    await brought(portal, LEAD, file)
    exported = await taken(portal, LEAD, text=word)
    assert {name: len(rows) for name, rows in exported.rows.items()} == {
        "Initiatives": 12, "Partners": 0, "Funding": 0, "Actions": 145, "Measures": 11,
        "Observations": 250,
    }  # fmt: skip


async def test_each_export_leaves_an_audit_line(portal: Portal, engines):
    count = "SELECT count(*) FROM audit_line WHERE verb = 'export_initiatives'"
    async with engines.owner.connect() as owner:
        before = (await owner.exec_driver_sql(count)).scalar_one()
        await taken(portal, LEAD, mine=True)
        assert (await owner.exec_driver_sql(count)).scalar_one() == before + 1


async def test_a_record_that_changed_after_the_export_is_not_overwritten(
    portal: Portal, tmp_path: Path
):
    row = await live(portal, title=f"Versions {key()}")
    exported = await taken(portal, LEAD, text=row["title"])
    exported.rows["Initiatives"][0][2] = "From the file."
    write_export(tmp_path / "a.xlsx", exported, About(exported, "here", None))
    await done(portal, LEAD, "changeInitiative", **of(row, summary="Meanwhile."))
    [fault] = (await bring(portal, LEAD, tmp_path / "a.xlsx")).faults
    assert (fault.column, "Somebody has changed" in fault.reason) == ("Record", True)
    exported.rows["Initiatives"][0][-1] = None
    write_export(tmp_path / "b.xlsx", exported, About(exported, "here", None))
    assert (await brought(portal, LEAD, tmp_path / "b.xlsx"))["Initiatives"] == {"changed": 1}


async def test_a_change_that_comes_between_the_check_and_the_writing_stops_the_import(
    portal: Portal, tmp_path: Path
):
    row = await live(portal, title=f"Between {key()}")
    file = initiatives(
        tmp_path / "a.xlsx", {"Initiative": row["reference"], "Title": row["title"], "Place": "X"}
    )
    context = portal.context(LEAD)
    async with context.acting() as db:
        plan = await planned(db, context, read_book(file), Options())
        await done(portal, LEAD, "changeInitiative", **of(row, summary="Meanwhile."))
        with pytest.raises(Overtaken):
            await write(db, plan, quiet)
        await db.rollback()


async def test_a_partner_copied_from_elsewhere_is_asked_again(portal: Portal, tmp_path: Path):
    row = await live(portal, title=f"Copied {key()}")
    await committed(portal, row)
    exported = await taken(portal, LEAD, text=row["title"])
    write_export(tmp_path / "a.xlsx", exported, About(exported, "there", None))
    report = await bring(portal, LEAD, tmp_path / "a.xlsx", elsewhere=True)
    assert not report.faults
    assert [warned.column for warned in report.warnings] == ["State"]
    copies = await taken(portal, LEAD, text=row["title"])
    assert sorted(str(partner[4]) for partner in copies.rows["Partners"]) == [
        "committed", "invited"
    ]  # fmt: skip
