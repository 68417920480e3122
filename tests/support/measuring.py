"""Measures and figures as tests make them."""

from itertools import count
from typing import Any

from support.asking import Portal
from support.initiating import LEAD, committed, live

_KEYS = count(1)
SECOND = "pcc.programme"
"""Who confirms what others have defined."""
SHARE = {
    "name": "Disclosures in time",
    "unit": "per cent",
    "direction": "HIGHER_IS_BETTER",
    "kind": "OUTCOME",
    "frequency": "MONTHLY",
    "numeratorLabel": "disclosures made in 28 days",
    "denominatorLabel": "applications",
    "per": 100,
}
COUNT = {
    "name": "People trained",
    "unit": "people",
    "direction": "HIGHER_IS_BETTER",
    "kind": "OUTPUT",
    "frequency": "QUARTERLY",
}
DEFINITION = (
    "...on MeasureDefinitionPayload { warnings { code } measureDefinition { id key edition name"
    " meaning unit numeratorLabel denominatorLabel per direction kind frequency source retiredOn"
    " isCurrent version state validFrom answerNote definedBy { shortName } newer { id } } }"
)
MEASURE = (
    "...on MeasurePayload { warnings { code message } measure { id version baselineValue baselineOn"
    " targetValue targetOn retiredOn definition { id } initiative { id }"
    " latest { value periodTo } againstTarget { latest target difference met } } }"
)
OBSERVATION = (
    "...on ObservationPayload { warnings { path code message } observation { id version periodFrom"
    " periodTo value numerator denominator breakdown area { code name } group provisional note"
    " source superseded supersedes { id } supersededBy { id } recordedBy { shortName }"
    " recorder { id } recordedAt isSample measure { id } } }"
)
SHOWS = {
    "defineMeasure": DEFINITION,
    "reviseMeasureDefinition": DEFINITION,
    "retireMeasureDefinition": DEFINITION,
    "confirmMeasureDefinition": DEFINITION,
    "declineMeasureDefinition": DEFINITION,
    "addMeasure": MEASURE,
    "changeMeasure": MEASURE,
    "retireMeasure": MEASURE,
    "recordObservation": OBSERVATION,
    "correctObservation": OBSERVATION,
}
SEPTEMBER = {"periodFrom": "2026-09-01", "periodTo": "2026-09-30"}
OCTOBER = {"periodFrom": "2026-10-01", "periodTo": "2026-10-31"}


async def answer(portal: Portal, who: str, mutation: str, **given: Any) -> dict[str, Any]:
    """The answer of a mutation; a ValidationError also as {field: code} in `faults`."""
    said = await portal.do(who, mutation, given, SHOWS[mutation])
    faults = {".".join(e["path"][1:]): e["code"] for e in said.get("errors", [])}
    return {**said, "faults": faults}


async def made(portal: Portal, who: str, mutation: str, **given: Any) -> dict[str, Any]:
    """The row after a mutation that succeeds, with the codes of its warnings in `warned`."""
    said = await answer(portal, who, mutation, **given)
    assert said["__typename"].endswith("Payload"), said
    name = said["__typename"].removesuffix("Payload")
    row: dict[str, Any] = said[name[0].lower() + name[1:]]
    return {**row, "warned": [w["code"] for w in said["warnings"]]}


async def define(portal: Portal, who: str = LEAD, **words: Any) -> dict[str, Any]:
    """A new definition that a second person has confirmed; a share unless told otherwise."""
    given = {"key": f"measure-{next(_KEYS)}", "words": {**SHARE, **words}}
    return await confirmed(portal, await made(portal, who, "defineMeasure", **given))


async def confirmed(portal: Portal, proposal: dict[str, Any]) -> dict[str, Any]:
    """A definition, once the programme lead has confirmed it."""
    given = {"id": proposal["id"], "expectedVersion": proposal["version"]}
    return await made(portal, SECOND, "confirmMeasureDefinition", **given)


async def revise(portal: Portal, who: str, before: dict[str, Any], **words: Any) -> dict[str, Any]:
    """A confirmed new edition."""
    given = {"id": before["id"], "expectedVersion": before["version"], "words": words}
    return await confirmed(portal, await made(portal, who, "reviseMeasureDefinition", **given))


async def defined_count(portal: Portal, **words: Any) -> dict[str, Any]:
    """A new definition of a plain count."""
    given = {"key": f"count-{next(_KEYS)}", "words": {**COUNT, **words}}
    return await confirmed(portal, await made(portal, LEAD, "defineMeasure", **given))


async def measured(
    portal: Portal, definition: dict[str, Any], visibility: str = "PARTNERS", **given: Any
) -> dict[str, Any]:
    """A measure by this definition of a fresh live initiative with RASA as committed partner."""
    initiative = await live(portal, visibility=visibility)
    await committed(portal, initiative)
    return await made(
        portal,
        LEAD,
        "addMeasure",
        **{"initiative": initiative["id"], "definition": definition["id"], **given},
    )


async def record(
    portal: Portal, measure: dict[str, Any], who: str = LEAD, **figure: Any
) -> dict[str, Any]:
    """A figure for October 2026, unless told otherwise."""
    return await made(
        portal, who, "recordObservation", measure=measure["id"], figure={**OCTOBER, **figure}
    )


async def correct(
    portal: Portal, wrong: dict[str, Any], who: str = LEAD, **figure: Any
) -> dict[str, Any]:
    """The answer to a correction of this figure."""
    return await answer(
        portal,
        who,
        "correctObservation",
        id=wrong["id"],
        expectedVersion=wrong["version"],
        figure={**OCTOBER, **figure},
    )


async def read(portal: Portal, who: str, measure: dict[str, Any], shows: str) -> Any:
    """A measure as somebody sees it; None when they do not."""
    document = f"query($id: ID!) {{ measure(id: $id) {{ {shows} }} }}"
    return (await portal.ask(who, document, id=measure["id"]))["measure"]
