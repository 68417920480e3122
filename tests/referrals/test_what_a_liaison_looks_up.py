"""What prosecutors and police look up of a day: who can still ask for a review and whose runs, and
who only asked for a word of advice.
"""

from pathlib import Path
from typing import Any

from support.asking import Portal
from support.charging import LIAISON, OFFICER, drafted, goes, on, registered, registration, sent

import portal as package

OPERATIONS = Path(package.__file__).parents[1] / "graphql" / "operations"
STRANGERS = ("rasa.caseworker", "wirral.idva", "police.viewer", "uol.caseworker")
STAGES = ("canAsk", "local", "answered", "independent")
FILE = {"colour": "green", "test": "full_code"}
TOLD = {"told_on": "2026-11-16", "told_by": "liaison_unit"}


async def listed(portal: Portal, name: str, case: str, who: str = LIAISON) -> dict[str, set[Any]]:
    """Which suspects of a case somebody finds under which heading of a document."""
    found = await portal.ask(who, (OPERATIONS / f"{name}.graphql").read_text())
    return {
        heading: {one.get("suspect") for one in rows["nodes"] if one["referral"]["id"] == case}
        for heading, rows in found.items()
    }


async def refused_a_charge(portal: Portal, case: str, suspect: int) -> None:
    """Prosecutors decide that this suspect is not charged."""
    await goes(portal, OFFICER, case, suspect, "submit", **FILE)
    await goes(portal, LIAISON, case, suspect, "accept_file")
    await goes(portal, LIAISON, case, suspect, "decide_nfa_evidential")


async def test_who_can_ask_for_a_review_is_listed_until_she_has_asked(portal: Portal) -> None:
    case = (await registered(portal))["id"]
    nobody: dict[str, set[Any]] = {stage: set() for stage in STAGES}
    assert await listed(portal, "reviews-of-decisions", case) == nobody
    await refused_a_charge(portal, case, 2)  # and nobody has told her: her time is provisional
    assert await listed(portal, "reviews-of-decisions", case) == nobody | {"canAsk": {2}}
    await goes(portal, LIAISON, case, 2, "tell_of_nfa", **TOLD)
    assert await listed(portal, "reviews-of-decisions", case) == nobody | {"canAsk": {2}}
    later, answered = on(portal, "2026-11-20"), TOLD | {"told_on": "2026-11-20"}
    for who, move, said, stage in (
        (OFFICER, "ask_review", {"scheme_version": "edition_2021"}, "local"),
        (LIAISON, "uphold_locally", answered, "answered"),
        (OFFICER, "ask_independent_review", {}, "independent"),
        (LIAISON, "uphold_independently", answered, None),
    ):
        await goes(later, who, case, 2, move, **said)
        found = await listed(later, "reviews-of-decisions", case, who)
        assert found == (nobody | {stage: {2}} if stage else nobody), move
        for stranger in STRANGERS:
            assert await listed(later, "reviews-of-decisions", case, stranger) == nobody


async def test_early_contacts_are_a_list_of_their_own_until_a_matter_is_made_of_one(
    portal: Portal,
) -> None:
    row = await drafted(portal, 1)
    await sent(portal, row, "log_contact", {"contact_topic": "digital"})
    case = row["id"]
    assert await listed(portal, "early-contacts", case) == {"waiting": {None}, "answered": set()}
    await goes(portal, LIAISON, case, None, "answer_contact")
    assert await listed(portal, "early-contacts", case) == {"waiting": set(), "answered": {None}}
    for stranger in STRANGERS:
        found = await listed(portal, "early-contacts", case, stranger)
        assert found == {"waiting": set(), "answered": set()}
    await goes(portal, OFFICER, case, None, "register_from_contact", **registration(1))
    assert await listed(portal, "early-contacts", case) == {"waiting": set(), "answered": set()}
