"""A sender is offered who takes such cases from where she lives, and whom an agreement lets her
ask; the police only where the pathway gives them a part.
"""

from typing import Any

from support.asking import Portal

WIRRAL, LIVERPOOL = "E08000015", "E08000012"
HERE = {"TWW", "Wirral", "Wirral MARAC", "RASA", "Savera"}
OFFERED = """query($pathway: String!, $area: String!) {
  recipientsOffered(pathway: $pathway, area: $area) {
    named lacking agreement team { name } agency { shortName } } }"""


async def offered(
    portal: Portal, who: str, pathway: str, area: str = WIRRAL
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await portal.ask(who, OFFERED, pathway=pathway, area=area))[
        "recipientsOffered"
    ]
    return found


def names(found: list[dict[str, Any]]) -> set[str]:
    return {one["agency"]["shortName"] for one in found}


TWW, IDVA, POLICE = "tww.caseworker", "Family safety unit", "police.caseworker"


async def test_who_takes_such_cases_from_there_comes_first(portal: Portal) -> None:
    for pathway, taker in (("idva", IDVA), ("marac", "MARAC"), ("isva", "ISVA service")):
        found = await offered(portal, TWW, pathway)
        assert [one["team"]["name"] for one in found if one["named"]] == [taker]
        assert found[0]["named"]
    assert not any(one["named"] for one in await offered(portal, TWW, "idva", LIVERPOOL))


async def test_others_are_offered_where_they_work_and_an_agreement_covers_it(
    portal: Portal,
) -> None:
    assert names(await offered(portal, TWW, "request_for_support")) == HERE
    elsewhere = await offered(portal, TWW, "request_for_support", LIVERPOOL)
    assert names(elsewhere) & {"Wirral", "Wirral MARAC", "TWW"} == set()
    assert "RASA" in names(elsewhere)
    for one in await offered(portal, TWW, "request_for_support"):
        assert not one["lacking"]
        assert (one["agreement"] is None) == (one["agency"]["shortName"] == "TWW")


async def test_a_charity_is_never_offered_the_force_by_default(portal: Portal) -> None:
    for who in (TWW, "rasa.caseworker"):
        for pathway in ("idva", "isva", "request_for_support", "marac"):
            assert not names(await offered(portal, who, pathway)) & {"Police", "CPS"}, pathway


async def test_police_and_prosecutors_are_offered_to_each_other_for_what_is_theirs(
    portal: Portal,
) -> None:
    assert "CPS" in names(await offered(portal, POLICE, "cps_charging"))
    assert "Police" in names(await offered(portal, "cps.liaison", "cps_charging"))
    assert "CPS" not in names(await offered(portal, POLICE, "request_for_support"))


async def test_without_an_agreement_only_who_is_named_is_shown_and_why_it_cannot_be_sent(
    portal: Portal,
) -> None:
    [one] = await offered(portal, "uol.caseworker", "idva")
    assert (one["named"], one["lacking"], one["agreement"]) == (True, True, None)


async def test_who_works_on_no_cases_is_no_recipient(portal: Portal) -> None:
    for who, pathway in ((TWW, "request_for_support"), (POLICE, "idva")):
        teams = {one["team"]["name"] for one in await offered(portal, who, pathway)}
        assert not teams & {"Information governance", "Prevention", "Community safety"}


async def test_nothing_is_offered_along_no_pathway(portal: Portal) -> None:
    assert await offered(portal, TWW, "post") == []
