"""Why somebody sees a case: without what is named they would not, with what lacks they would."""

import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from support.asking import Portal, the_schema
from support.sharing import SAID, Shared, listed
from support.world import World

from auth.caller import Caller
from auth.roles import Role, Scope
from portal.referrals.parties import Party, has, sees_full, sees_summary
from portal.sample.partnership import AGENCIES, agency_id, fixed
from portal.store.engines import Engines

ACCESS = "access { decision rules { kind label } missing { kind label grantedBy } }"
PAGE = f"""query($after: String) {{ referrals(first: 100, after: $after) {{
    nodes {{ id {ACCESS} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
FILE = "query($id: ID!) { referralFile(id: $id, purpose: WORK_ON_CASE) { needs { code } } }"
ROLES = (Role.CASEWORKER, Role.TEAM_LEAD, Role.MARAC_COORDINATOR, Role.DATA_PROTECTION_LEAD,
         Role.PROGRAMME_LEAD)  # fmt: skip
ADMINISTRATORS = "your agency's administrators, two of them"
PLACES = ("tww", "wirral", "icb", "savera")
"""A sender, a MARAC's own, one that it asks, and a receiver."""


async def told(portal: Portal, who: UUID) -> dict[str, dict[str, Any]]:
    """The answer for each case that they see."""
    found, after, more = {}, None, True
    while more:
        page = (await portal.ask(who, PAGE, after=after))["referrals"]
        found |= {node["id"]: node["access"] for node in page["nodes"]}
        more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return found


def decision(caller: Caller, parties: list[Party]) -> str:
    """How much of a case the rules in Python show."""
    if not sees_any(caller, parties):
        return "SUMMARY"
    return "FULL" if sees_all(caller, parties) else "PARTLY"


def sees_any(caller: Caller, parties: list[Party]) -> bool:
    opens = any(party.permits(caller) for party in has(caller, parties))
    return caller.can(Scope.REFERRALS_READ) and opens


def sees_all(caller: Caller, parties: list[Party]) -> bool:
    return all(sees_full(caller, parties, category) for category in SAID)


def without(case: Shared, rules: Iterable[dict[str, str]]) -> list[Party]:
    """Who would have the case if what the rules name were taken away."""
    named = {rule["label"].split(" ", 1)[-1] for rule in rules if rule["kind"] == "AGREEMENT"}
    own = {rule["label"] for rule in rules if rule["kind"] in {"AGENCY", "TEAM"}}
    gives = {
        agency_id(case.sender): AGENCIES[case.sender][0] in own,
        agency_id(case.receiver): case.deal in named,
    }
    if case.host:
        gives[agency_id(case.host)] = case.hosting in named
    return [party for party in case.parties() if not gives[party.agency_id]]


def with_all(
    caller: Caller, parties: list[Party], missing: Iterable[dict[str, str]]
) -> tuple[Caller, list[Party]]:
    """Both, if what is lacking were added."""
    powers = {Scope(one["label"]) for one in missing if one["kind"] == "POWER"}
    kinds = {one["label"] for one in missing if one["kind"] == "CATEGORY"}
    more = [
        party if party.categories is None else replace(party, categories=party.categories | kinds)
        for party in parties
    ]
    roles = {Role(one["label"].split(" or ")[0]) for one in missing if one["kind"] == "ROLE"}
    return replace(caller, scopes=caller.scopes | powers, roles=caller.roles | roles), more


def could_lack(case: Shared, one: dict[str, str]) -> bool:
    """Whether it is the power, the agreement's roles or a kind of what the case says."""
    match one["kind"]:
        case "POWER":
            return one["label"] == Scope.REFERRALS_READ
        case "ROLE":
            return set(one["label"].split(" or ")) == case.permits
        case _:
            return one["label"] in SAID


@pytest.mark.parametrize("place", PLACES)
async def test_what_is_named_is_what_lets_and_what_lacks(
    shared: tuple[Engines, World], place: str
) -> None:
    engines, world = shared
    portal = Portal(the_schema(), engines.command)
    cases = {f"Referral:{case.id}": case for case in listed()}
    references = {row["title"]: row["reference"] for row in world.rows["agreement"]}
    ours = {AGENCIES[place][0]} | {"Narrow", "Matrix"}
    met: Counter[str] = Counter()
    for role in ROLES:
        who = fixed("matrix", f"{place}/{role}")
        caller = world.callers[who]
        answered = await told(portal, who)
        assert {k for k, c in cases.items() if sees_summary(caller, c.parties())} == (
            answered.keys() & cases.keys()
        )
        for name in answered.keys() & cases.keys():
            case, access = cases[name], answered[name]
            parties, missing = case.parties(), access["missing"]
            assert access["decision"] == decision(caller, parties), (case, role)
            met[access["decision"]] += 1
            assert not sees_summary(caller, without(case, access["rules"])), (case, access)
            assert bool(missing) == (access["decision"] != "FULL"), (case, access)
            assert sees_all(*with_all(caller, parties, missing)), (case, access)
            for one in missing:
                left = [other for other in missing if other is not one]
                assert not sees_all(*with_all(caller, parties, left)), (case, one)
            named = {case.deal, case.hosting} if case.host == place else {case.deal}
            for one in missing:
                assert could_lack(case, one), (case, one)
                agreements = one["grantedBy"].removeprefix("the parties of ")
                if one["kind"] != "CATEGORY":
                    assert agreements == ADMINISTRATORS, (case, one)
                else:
                    assert set(agreements.split(", ")) <= {references[deal] for deal in named}
            for rule in access["rules"]:
                label = rule["label"]
                fine = (
                    label.split(" ", 1)[-1] in named
                    if rule["kind"] == "AGREEMENT"
                    else (label in ours)
                )
                assert fine, (case, rule)
    sys.stdout.write(f"\n{place}: {dict(met)}\n")
    assert met["FULL"]
    assert met["SUMMARY"]
