"""The lead and its committed partners record figures; the impossible is refused, the odd said."""

import pytest
from support.asking import Portal
from support.initiating import LEAD, agency, done, of
from support.measuring import (
    OCTOBER,
    SEPTEMBER,
    answer,
    define,
    defined_count,
    measured,
    read,
    record,
)

from portal.sample.partnership import membership_id


async def test_a_value_is_computed_from_its_parts_and_written_as_text(portal: Portal) -> None:
    measure = await measured(portal, await define(portal))
    figure = await record(
        portal, measure, numerator="2", denominator="3.00", note=" two of \nthree "
    )
    assert (figure["value"], figure["numerator"], figure["denominator"]) == ("66.6667", "2", "3")
    assert (figure["breakdown"], figure["provisional"], figure["note"]) == (
        "WHOLE", False, "two of three"
    )  # fmt: skip
    assert figure["recordedBy"] == {"shortName": "Wirral"}
    assert figure["recorder"] == {"id": f"Membership:{membership_id(LEAD)}"}
    assert figure["recordedAt"] == "2026-11-16T09:00:00Z"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1200", "1200"),
        ("0.10", "0.1"),
        ("-3", "-3"),
        ("99999999999999.9999",) * 2,
        ("1E+3", "1000"),
    ],
)
async def test_a_figure_reads_as_it_was_given(portal: Portal, given: str, kept: str) -> None:
    measure = await measured(portal, await defined_count(portal))
    assert (await record(portal, measure, value=given))["value"] == kept


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        ("wirral.contributor", "ObservationPayload"),
        ("rasa.coordinator", "ObservationPayload"),
        ("rasa.contributor", "ObservationPayload"),
        ("wirral.viewer", "NotPermitted"),
        ("sefton.coordinator", "NotFound"),
        ("pcc.administrator", "NotFound"),
    ],
)
async def test_contributors_of_the_lead_and_of_committed_partners_record(
    portal: Portal, who: str, outcome: str
) -> None:
    measure = await measured(portal, await defined_count(portal))
    said = await answer(
        portal, who, "recordObservation", measure=measure["id"], figure={**OCTOBER, "value": "7"}
    )
    assert said["__typename"] == outcome


async def test_a_partner_that_has_not_accepted_or_has_left_records_nothing(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    initiative = measure["initiative"]["id"]
    invited = {"initiative": initiative, "agency": agency("savera"), "parts": ["DELIVER"]}
    partner = await done(portal, LEAD, "invitePartner", **invited)
    given = {"measure": measure["id"], "figure": {**OCTOBER, "value": "7"}}
    refused = await answer(portal, "savera.coordinator", "recordObservation", **given)
    assert refused["rule"] == "measure.taking_part_records"
    partner = await done(portal, "savera.coordinator", "acceptInvitation", **of(partner))
    first = await answer(portal, "savera.coordinator", "recordObservation", **given)
    assert first["__typename"] == "ObservationPayload"
    row = await done(portal, LEAD, "shareInitiative", **await _held(portal, initiative))
    assert row["visibility"] == "PARTNERSHIP"
    await done(portal, "savera.coordinator", "leaveInitiative", **of(partner))
    for mutation, input_ in (
        ("recordObservation", given),
        ("correctObservation", {**of(first["observation"]), "figure": given["figure"]}),
    ):
        gone = await answer(portal, "savera.coordinator", mutation, **input_)
        assert gone["rule"] == "measure.taking_part_records"


async def _held(portal: Portal, initiative: str) -> dict[str, object]:
    query = "query($id: ID!) { initiative(id: $id) { id version } }"
    row = (await portal.ask(LEAD, query, id=initiative))["initiative"]
    return of(row, visibility="PARTNERSHIP")


SHARES = [
    ({"numerator": "4", "denominator": "3"}, "figure.numerator", "ABOVE_WHOLE"),
    ({"numerator": "4"}, "figure.denominator", "PARTS"),
    ({"denominator": "4"}, "figure.value", "EMPTY"),
    ({"value": "50", "denominator": "4"}, "figure.numerator", "PARTS"),
    ({"numerator": "1", "denominator": "0"}, "figure.numerator", "ABOVE_WHOLE"),
    ({"numerator": "0", "denominator": "0", "value": "0"}, "figure.value", "DIFFERENT"),
    ({"numerator": "1", "denominator": "3", "value": "34"}, "figure.value", "DIFFERENT"),
    ({"numerator": "-1", "denominator": "3"}, "figure.numerator", "INVALID"),
    ({}, "figure.value", "EMPTY"),
    ({"value": "0.00001"}, "figure.value", "BAD_NUMBER"),
    ({"numerator": "1", "denominator": "1E+20"}, "figure.denominator", "BAD_NUMBER"),
    ({"value": "50", "area": "E08000015", "group": "aged 16 to 24"}, "figure.group", "INVALID"),
    ({"value": "50", "area": "E99999999"}, "figure.area", "UNKNOWN_AREA"),
    ({"value": "50", "group": "x" * 81}, "figure.group", "LONG"),
    ({"value": "50", "note": "x" * 1001}, "figure.note", "LONG"),
    ({"value": "50", "periodTo": "2026-09-30"}, "figure.periodTo", "INVALID"),
    ({"value": "50", "periodFrom": "2026-11-17", "periodTo": "2026-11-30"},
     "figure.periodFrom", "FUTURE"),
    ({"value": "50", "periodTo": "2026-11-17"}, "figure.periodTo", "NOT_OVER"),
]  # fmt: skip


@pytest.mark.parametrize(("figure", "field", "code"), SHARES)
async def test_a_share_that_cannot_be_is_refused_at_its_field(
    portal: Portal, figure: dict[str, str], field: str, code: str
) -> None:
    measure = await measured(portal, await define(portal))
    given = {"measure": measure["id"], "figure": {**OCTOBER, **figure}}
    refused = await answer(portal, LEAD, "recordObservation", **given)
    assert refused["faults"] == {field: code}
    seen = await read(portal, LEAD, measure, "allObservations { totalCount }")
    assert seen == {"allObservations": {"totalCount": 0}}


@pytest.mark.parametrize(
    ("figure", "field", "code"),
    [
        ({"value": "3", "denominator": "4"}, "figure.denominator", "NO_DENOMINATOR"),
        ({"value": "3", "numerator": "4"}, "figure.value", "DIFFERENT"),
    ],
)
async def test_a_count_has_no_denominator(
    portal: Portal, figure: dict[str, str], field: str, code: str
) -> None:
    measure = await measured(portal, await defined_count(portal))
    given = {"measure": measure["id"], "figure": {**OCTOBER, **figure}}
    assert (await answer(portal, LEAD, "recordObservation", **given))["faults"] == {field: code}


async def test_some_out_of_none_is_refused_and_none_out_of_none_has_no_value(
    portal: Portal,
) -> None:
    definition = await define(portal, per=10_000, unit="cases per 10,000 people")
    measure = await measured(portal, definition)
    given = {"measure": measure["id"], "figure": {**OCTOBER, "numerator": "2", "denominator": "0"}}
    refused = await answer(portal, LEAD, "recordObservation", **given)
    assert refused["faults"] == {"figure.denominator": "INVALID"}
    figure = await record(portal, measure, numerator="0", denominator="0")
    assert (figure["value"], figure["warned"]) == (None, ["NOTHING_COUNTED"])
    assert (await read(portal, LEAD, measure, "latest { value }"))["latest"] == {"value": None}


async def test_a_rate_may_be_above_one_and_must_fit(portal: Portal) -> None:
    measure = await measured(portal, await define(portal, per=1, unit="days"))
    figure = await record(portal, measure, numerator="700", denominator="3")
    assert figure["value"] == "233.3333"
    given = {"numerator": "99999999999999", "denominator": "0.0001", **SEPTEMBER}
    refused = await answer(portal, LEAD, "recordObservation", measure=measure["id"], figure=given)
    assert list(refused["faults"]) == ["figure.denominator"]


async def test_a_published_value_may_be_the_parts_rounded(portal: Portal) -> None:
    measure = await measured(portal, await define(portal))
    figure = await record(portal, measure, numerator="1", denominator="3", value="33.3")
    assert figure["value"] == "33.3333"


async def test_what_is_odd_is_kept_with_a_warning(portal: Portal) -> None:
    definition = await defined_count(portal)
    baseline = {"value": "10", "on": "2026-10-01"}
    measure = await measured(portal, definition, baseline=baseline)
    early = await record(portal, measure, value="8", **SEPTEMBER)
    assert early["warned"] == ["BEFORE_BASELINE"]
    running = {"periodFrom": "2026-11-01", "periodTo": "2026-11-30", "provisional": True}
    assert (await record(portal, measure, value="8", **running))["warned"] == ["NOT_OVER"]
    few = await record(portal, measure, value="4", group="aged 16 to 24")
    assert few["warned"] == ["SMALL_NUMBER"]
    assert (await record(portal, measure, value="4", area="E08000015"))["warned"] == [
        "SMALL_NUMBER"
    ]
    assert (await record(portal, measure, value="4"))["warned"] == []


async def test_an_agency_records_a_period_once(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    first = await record(portal, measure, value="8")
    given = {"measure": measure["id"], "figure": {**OCTOBER, "value": "9"}}
    again = await answer(portal, "wirral.contributor", "recordObservation", **given)
    assert again["faults"] == {"figure.periodFrom": "RECORDED_ALREADY"}
    assert first["id"] in again["message"]
    await record(portal, measure, value="8", area="E08000015")
    await record(portal, measure, value="8", area="E08000014")
    await record(portal, measure, "rasa.contributor", value="9")


async def test_the_latest_figure_is_the_whole_of_the_last_period(portal: Portal) -> None:
    measure = await measured(portal, await defined_count(portal))
    assert measure["latest"] is None
    late = await record(portal, measure, value="20", provisional=True)
    await record(portal, measure, value="10", **SEPTEMBER)
    part = {"periodFrom": "2026-11-01", "periodTo": "2026-11-15"}
    await record(portal, measure, value="6", area="E08000015", **part)
    await record(portal, measure, value="7", group="aged 16 to 24", **part)
    shows = "latest { value periodFrom periodTo provisional observation { id } }"
    assert (await read(portal, "rasa.contributor", measure, shows))["latest"] == {
        "value": "20", **OCTOBER, "provisional": True, "observation": {"id": late["id"]}
    }  # fmt: skip
