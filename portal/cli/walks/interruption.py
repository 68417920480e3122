"""An agreement is suspended, and closes exactly what its parties were shown before."""

from portal.cli.walks.walk import Refused, Walk
from portal.sample.agreements import DEALS
from portal.sample.partnership import AGENCIES, PEOPLE, fixed

PARTIES = [agency for agency, *_ in DEALS[0].parties]
READERS = {
    "tww.caseworker": "Tomorrow's Women, a caseworker",
    "wirral.idva": "Wirral's IDVA service",
    "marac.coordinator": "the MARAC's coordinator",
    "police.caseworker": "the police, a caseworker",
    "probation.protection": "Probation, its data protection lead",
    "uol.caseworker": "the University of Liverpool",
}
_AGENCIES = [PEOPLE[who][0] for who in READERS]
PROPOSER = "wirral.protection"
AGREEMENT = f"Agreement:{fixed('agreement', DEALS[0].key)}"
Sights = dict[str, dict[str, str]]


def walk(on: Walk) -> None:
    """Preview, suspend, compare, and let it go on."""
    previewed = _previewed(on)
    before = _seen(on)
    on.step("Wirral suspends it. At the next request:")
    _move(on, "suspend-agreement", "Until a letter that went astray is explained.")
    try:
        closed = _closed(on, before)
        on.step("Was it exactly what the preview said?")
        same = "yes, for every agency the very same" if closed == previewed else "NO"
        on.shows(f"{_count(previewed)} previewed, {_count(closed)} closed: {same}")
    finally:
        on.step("The letter is found, and Wirral lets the agreement go on.")
        _move(on, "resume-agreement", "The letter was found unopened.")
    back = _seen(on) == before
    on.shows("everybody sees what they saw before" if back else "NOT everything is back")
    if not back or closed != previewed:
        raise Refused("The preview and what happened differ.")


def _previewed(on: Walk) -> Sights:
    on.step("Wirral's data protection lead thinks of suspending an agreement: what would stop?")
    for row in on.ask(PROPOSER, "agreement-stops", change=AGREEMENT)["agreementStops"]:
        on.shows(f"{row['agency']['shortName']}: {row['stops'].lower().replace('_', ' ')}")
    on.step("Each party's data protection lead is shown its own cases that would stop.")
    would: Sights = {agency: {} for agency in _AGENCIES}
    for agency in PARTIES:
        rows = on.pages(f"{agency}.protection", "cases-that-stop", "referrals", change=AGREEMENT)
        own = {row["id"]: row["reference"] for row in rows}
        on.shows(f"{AGENCIES[agency][1]}: {_names(own)}")
        if agency in would or own:
            would[agency] = own
    return would


def _seen(on: Walk) -> Sights:
    return {
        who: {one["id"]: one["reference"] for one in on.pages(who, "our-cases", "referrals")}
        for who in READERS
    }


def _closed(on: Walk, before: Sights) -> Sights:
    gone: Sights = {}
    after = _seen(on)
    for who, name in READERS.items():
        lost = {row: reference for row, reference in before[who].items() if row not in after[who]}
        on.shows(f"{name} saw {len(before[who])}, sees {len(after[who])}; gone: {_names(lost)}")
        gone[PEOPLE[who][0]] = lost
    return gone


def _count(sights: Sights) -> int:
    return sum(map(len, sights.values()))


def _names(rows: dict[str, str]) -> str:
    return ", ".join(sorted(rows.values())) or "nothing"


def _move(on: Walk, document: str, reason: str) -> None:
    agreement = on.ask(PROPOSER, "agreement", id=AGREEMENT)["agreement"]
    moved = on.do(
        PROPOSER, document, id=AGREEMENT, expectedVersion=agreement["version"], reason=reason
    )
    on.shows(f"{moved['title']}: {moved['state']}")
