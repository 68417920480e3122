"""An anonymous report is a figure on the agency's own measure, and never a referral."""

from support.asking import Portal
from support.initiating import log
from support.measuring import OCTOBER, defined_count, made, read
from support.referring import listed

from portal.referrals.engine.files import shipped

WELFARE = "uol.coordinator"


async def test_a_university_counts_it_for_itself_and_no_case_comes_of_it(portal: Portal) -> None:
    before = await listed(portal, "uol.caseworker")
    counted = await defined_count(portal, name="Anonymous reports", unit="reports")
    own = await log(portal, WELFARE, title="Report and support")
    measure = await made(
        portal, WELFARE, "addMeasure", initiative=own["id"], definition=counted["id"]
    )
    figure = {**OCTOBER, "value": "7"}
    kept = await made(portal, WELFARE, "recordObservation", measure=measure["id"], figure=figure)
    assert (kept["value"], kept["recordedBy"]) == ("7", {"shortName": "UoL"})
    assert await read(portal, WELFARE, measure, "latest { value }") == {"latest": {"value": "7"}}
    for other in ("rasa.coordinator", "ljmu.coordinator", "wirral.coordinator"):
        assert await read(portal, other, measure, "id") is None
    assert await listed(portal, "uol.caseworker") == before


def test_no_pathway_takes_one() -> None:
    for name in shipped().names:
        pathway = shipped().newest(name)
        assert pathway is not None
        words = {*pathway.states, *pathway.moves, *pathway.events}
        words |= {code for codes in pathway.codes.values() for code in codes}
        assert not any("anonym" in word for word in words), name
    said = " ".join(shipped().of("university_disclosure", 1).terms)
    assert "without a name is counted by the university alone, and is no case" in said
