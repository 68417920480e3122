"""Whoever fills in the template can copy from its help: the portal takes what stands there."""

from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from support.asking import Portal
from support.initiating import LEAD
from support.measuring import defined_count
from support.workbooks import bring, examples, workbook

from portal.context import Context
from portal.sheets.format import HELP
from portal.sheets.guide import Known, help_lines, read_known
from portal.sheets.workbook import write_template


def lines_of(known: Known) -> list[list[str]]:
    return [list(line) for line in help_lines(known)]


async def known_to(portal: Portal, who: str) -> Known:
    return await read_known(portal.context(who))


@pytest.mark.parametrize("who", [LEAD, "uol.coordinator", "rasa.coordinator"])
async def test_with_a_name_the_examples_are_that_persons_own(
    portal: Portal, tmp_path: Path, who: str
):
    await defined_count(portal)
    lines = lines_of(await known_to(portal, who))
    report = await bring(portal, who, workbook(tmp_path / "a.xlsx", examples(lines)), rehearse=True)
    assert report.faults == []


async def test_the_help_lists_what_the_portal_knows(portal: Portal, tmp_path: Path):
    definition = await defined_count(portal)
    file = tmp_path / "template.xlsx"
    write_template(file, await known_to(portal, "uol.coordinator"))
    told = CalamineWorkbook.from_path(file).get_sheet_by_name(HELP).to_python()
    assert ["Teams of your agency that this portal knows"] in [row[:1] for row in told]
    assert ["Student welfare", ""] in [row[:2] for row in told]
    assert ["Community safety", ""] not in [row[:2] for row in told]
    assert ["RASA Merseyside", "RASA"] in [row[:2] for row in told]
    assert ["Knowsley", "E08000011"] in [row[:2] for row in told]
    assert definition["key"] in {row[0] for row in told}
    assert "The 4 Ps, 2024: PREVENT" in {row[0] for row in told}


async def test_reading_the_names_leaves_nothing_behind(portal: Portal):
    context: Context = portal.context(LEAD)
    assert (await read_known(context)).agency == "Wirral Council"
