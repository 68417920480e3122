"""Who may do what, in plain words: written from the domain's papers, not from the portal's code."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from support.world import World, agency_of_member

from auth.caller import Caller
from auth.roles import CASE_ROLES, Role
from portal.initiatives.tables import Initiative, PartnerState
from portal.sample.partnership import agency_id

COORDINATES = frozenset({Role.INITIATIVE_COORDINATOR, Role.PROGRAMME_LEAD})
CONTRIBUTES = COORDINATES | {Role.CONTRIBUTOR, Role.TEAM_LEAD, Role.AGENCY_SPOC}
KEEPS_FRAMEWORKS = frozenset({Role.PROGRAMME_LEAD, Role.PARTNERSHIP_ADMINISTRATOR})
DRAFTS = frozenset({Role.DATA_PROTECTION_LEAD, Role.AGENCY_SPOC})
ADMINISTERS = frozenset({Role.AGENCY_ADMINISTRATOR, Role.PARTNERSHIP_ADMINISTRATOR})
MANAGES_PARTNERSHIP = frozenset({Role.PARTNERSHIP_ADMINISTRATOR})


@dataclass(frozen=True)
class Case:
    """Somebody and the record that something is to be done with; {} where it is done with none."""

    world: World
    caller: Caller
    row: dict[str, Any]

    def one_of(self, roles: frozenset[Role]) -> bool:
        """Whether the caller has one of these roles."""
        return bool(self.caller.roles & roles)

    def of_mine(self, column: str) -> bool:
        """Whether the record names the caller's own agency here."""
        return bool(self.row[column] == self.caller.agency_id)

    @cached_property
    def initiative(self) -> Initiative:
        """The record itself, or what it hangs on."""
        return self.world.initiatives[self.row.get("initiative_id", self.row["id"])]

    @cached_property
    def agreement(self) -> dict[str, Any]:
        """The agreement that the record is, or hangs on."""
        wanted = self.row.get("agreement_id", self.row["id"])
        [found] = [row for row in self.world.rows["agreement"] if row["id"] == wanted]
        return found

    @cached_property
    def parties(self) -> list[dict[str, Any]]:
        """Its parties that have not left."""
        rows = self.world.rows["agreement_party"]
        wanted = self.agreement["id"]
        return [row for row in rows if row["agreement_id"] == wanted and not row["left_at"]]

    @property
    def is_of_a_party(self) -> bool:
        """Whether the caller's agency is one of them."""
        return any(party["agency_id"] == self.caller.agency_id for party in self.parties)

    @property
    def lead(self) -> UUID:
        """The agency that leads the initiative."""
        return self.initiative.lead_agency_id

    @property
    def is_of_the_lead(self) -> bool:
        """Whether the caller's agency leads the initiative."""
        return self.lead == self.caller.agency_id

    @property
    def takes_part(self) -> bool:
        """Whether the caller's agency leads the initiative, or is committed to it."""
        state = self.world.standing.get((self.initiative.id, self.caller.agency_id))
        return self.is_of_the_lead or state is PartnerState.COMMITTED


Power = Callable[[Case], bool]


def coordinator(case: Case) -> bool:
    """A coordinator of any agency."""
    return case.one_of(COORDINATES)


def contributor(case: Case) -> bool:
    """A contributor of any agency."""
    return case.one_of(CONTRIBUTES)


def keeper_of_frameworks(case: Case) -> bool:
    """Whoever keeps the shared lists."""
    return case.one_of(KEEPS_FRAMEWORKS)


def manager_of_the_partnership(case: Case) -> bool:
    """Whoever says who takes part."""
    return case.one_of(MANAGES_PARTNERSHIP)


def coordinator_of_the_lead(case: Case) -> bool:
    """They change everything about an initiative but what others said."""
    return case.is_of_the_lead and coordinator(case)


def contributor_of_whom_takes_part(case: Case) -> bool:
    """The lead's and the committed partners' contributors."""
    return case.takes_part and contributor(case)


def coordinator_of_the_partner(case: Case) -> bool:
    """It binds the agency: its own coordinator answers."""
    return case.of_mine("agency_id") and coordinator(case)


def leaver(case: Case) -> bool:
    """What is only offered is taken back by whoever can offer; leaving binds the agency."""
    offered = case.of_mine("agency_id") and case.row["state"] == PartnerState.OFFERED
    return coordinator_of_the_partner(case) or (offered and contributor(case))


def contributor_of_the_owner(case: Case) -> bool:
    """The agency whose team does it, for as long as it takes part."""
    return case.of_mine("owner_agency_id") and contributor_of_whom_takes_part(case)


def owner_or_lead(case: Case) -> bool:
    """A contributor of the owner, or a coordinator of the lead."""
    return contributor_of_the_owner(case) or coordinator_of_the_lead(case)


def contributor_of_its_agency(case: Case) -> bool:
    """Of the author's agency, or of the agency somebody works for."""
    return case.of_mine("agency_id") and contributor(case)


def recorder_or_lead(case: Case) -> bool:
    """A contributor of the agency that recorded it, or a coordinator of the lead."""
    return contributor_of_its_agency(case) or coordinator_of_the_lead(case)


def corrector(case: Case) -> bool:
    """The lead's coordinators, and the recording agency's contributors while it takes part."""
    recorded = case.of_mine("recorded_by_agency_id") and contributor_of_whom_takes_part(case)
    return recorded or coordinator_of_the_lead(case)


def in_person(case: Case) -> bool:
    """What holds for everybody is changed by people, not by programs of their own accord."""
    return case.caller.person_id is not None


def proposer_of_frameworks(case: Case) -> bool:
    """A person who keeps the shared lists; nobody in these cases proposed what waits."""
    return in_person(case) and keeper_of_frameworks(case)


def definer(case: Case) -> bool:
    """A coordinator of any agency, in person."""
    return in_person(case) and coordinator(case)


def second_to_define(case: Case) -> bool:
    """Anybody who could define it, or keeps the shared lists; nobody in these cases proposed it."""
    return in_person(case) and (coordinator(case) or keeper_of_frameworks(case))


def reviser(case: Case) -> bool:
    """Who keeps a definition, in person."""
    return in_person(case) and keeper_of_the_definition(case)


def keeper_of_the_definition(case: Case) -> bool:
    """A coordinator of the agency that defined it, or whoever keeps the shared lists."""
    defined = case.of_mine("defined_by_agency_id") and coordinator(case)
    return defined or keeper_of_frameworks(case)


def administrator(case: Case) -> bool:
    """An administrator of any agency, for the agency."""
    return case.one_of(ADMINISTERS)


def administrator_of_its_agency(case: Case) -> bool:
    """Of the agency whose program it is."""
    return case.of_mine("agency_id") and administrator(case)


def owner_of_the_program(case: Case) -> bool:
    """Whom it names, and nobody for them."""
    return bool(case.row["owner_membership_id"] == case.caller.principal_id)


def drafter(case: Case) -> bool:
    """A data protection lead or the single point of contact of any agency."""
    return case.one_of(DRAFTS)


def drafter_of_the_lead(case: Case) -> bool:
    """They write an agreement and do everything to the whole of it."""
    return drafter(case) and case.agreement["lead_agency_id"] == case.caller.agency_id


def drafter_of_the_party(case: Case) -> bool:
    """A part is left by its own agency's word."""
    return drafter(case) and case.of_mine("agency_id")


def drafter_of_party_or_lead(case: Case) -> bool:
    """A part is interrupted by either."""
    return drafter_of_the_party(case) or drafter_of_the_lead(case)


def adviser(case: Case) -> bool:
    """A data protection lead of any agency, in person; none of these proposed what waits."""
    return in_person(case) and case.one_of(frozenset({Role.DATA_PROTECTION_LEAD}))


def adviser_of_a_party(case: Case) -> bool:
    """A party's data protection lead."""
    return case.one_of(frozenset({Role.DATA_PROTECTION_LEAD})) and case.is_of_a_party


def signatory_of_a_party(case: Case) -> bool:
    """A party's authorised signatory; a data protection officer signs for nobody."""
    return case.one_of(frozenset({Role.AUTHORISED_SIGNATORY})) and case.is_of_a_party


def signatory_of_a_standing_party(case: Case) -> bool:
    """Whoever takes part already is asked who joins."""
    own = (party for party in case.parties if party["agency_id"] == case.caller.agency_id)
    stands = any(party["joined_at"] and not party["suspended_at"] for party in own)
    return stands and signatory_of_a_party(case)


def caseworker(case: Case) -> bool:
    """Whoever works on cases for any agency."""
    return case.one_of(CASE_ROLES - {Role.CONDUCT_LEAD, Role.INDEPENDENT_REVIEWER})


def caseworker_of_the_sender(case: Case) -> bool:
    """Of the agency that makes the referral."""
    return caseworker(case) and case.of_mine("sender_agency_id")


def caseworker_of_the_recipient(case: Case) -> bool:
    """Of the agency that it was sent to."""
    return caseworker(case) and case.of_mine("agency_id")


def caseworker_of_wirral(case: Case) -> bool:
    """Of the council whose team it is."""
    return caseworker(case) and case.caller.agency_id == agency_id("wirral")


def caseworker_of_a_party(case: Case) -> bool:
    """Of the agency it was sent to, or of the one that sent it."""
    [referral] = [r for r in case.world.rows["referral"] if r["id"] == case.row["referral_id"]]
    sent = referral["sender_agency_id"] == case.caller.agency_id
    return caseworker(case) and (sent or case.of_mine("agency_id"))


def caseworker_who_has_the_case(case: Case) -> bool:
    """Of an agency that made the referral or has it now."""
    wanted = case.row.get("referral_id", case.row["id"])
    has_it = {party.agency_id for party in case.world.parties[wanted]}
    return caseworker(case) and case.caller.agency_id in has_it


def caseworker_of_doer_or_adder(case: Case) -> bool:
    """Of the agency whose team does it, or of the one that added it."""
    return caseworker(case) and (case.of_mine("agency_id") or case.of_mine("added_by_agency_id"))


def caseworker_of_the_case(case: Case) -> bool:
    """Of the agency that makes the referral, or of one that it was sent to."""
    rows = case.world.rows["recipient"]
    given = {r["agency_id"] for r in rows if r["referral_id"] == case.row["id"]}
    return caseworker(case) and (case.of_mine("sender_agency_id") or case.caller.agency_id in given)


def caseworker_of_its_case(case: Case) -> bool:
    """Of an agency that has the case on which the row hangs."""
    cases, rows = case.world.rows["referral"], case.world.rows["recipient"]
    of = case.row["referral_id"]
    has = {r["sender_agency_id"] for r in cases if r["id"] == of}
    has |= {r["agency_id"] for r in rows if r["referral_id"] == of}
    return caseworker(case) and case.caller.agency_id in has


def caseworker_whose_case_it_is(case: Case) -> bool:
    """Of the agency that makes the referral on which the row hangs."""
    of, cases = case.row["referral_id"], case.world.rows["referral"]
    makes = {r["sender_agency_id"] for r in cases if r["id"] == of}
    return caseworker(case) and case.caller.agency_id in makes


def caseworker_who_was_given_it(case: Case) -> bool:
    """Of another agency than the one that makes the referral, which has it now."""
    has = {
        row["agency_id"]
        for row in case.world.rows["recipient"]
        if row["referral_id"] == case.row["id"] and row["given_at"] and not row["lost_at"]
    }
    return caseworker(case) and case.caller.agency_id in has - {case.row["sender_agency_id"]}


def coordinator_of_marac(case: Case) -> bool:
    """Whoever coordinates the MARAC of their own agency, which is asked for here."""
    return case.one_of(frozenset({Role.MARAC_COORDINATOR}))


def coordinator_who_has_it(case: Case) -> bool:
    """Whoever coordinates the MARAC that has the case."""
    return coordinator_of_marac(case) and case.of_mine("agency_id")


def coordinator_where_they_sit(case: Case) -> bool:
    """Whoever coordinates the MARAC at which the team sits."""
    [team] = [t for t in case.world.rows["team"] if t["id"] == case.row["marac_team_id"]]
    return coordinator_of_marac(case) and team["agency_id"] == case.caller.agency_id


def caseworker_who_recorded(case: Case) -> bool:
    """Of the agency that recorded it; of a coordinator's move, a coordinator."""
    by_one = case.row["part"] == "coordinator"
    coordinates = case.one_of(frozenset({Role.MARAC_COORDINATOR}))
    return caseworker(case) and case.of_mine("by_agency_id") and (coordinates or not by_one)


def discloser(case: Case) -> bool:
    """Of the agency that holds the case, in person, and nobody who did so without need."""
    wrong = any(
        row["made_by_id"] == case.caller.principal_id
        and row["finding"] not in {None, "justified"}
        and row["lifted_at"] is None
        for row in case.world.rows["emergency_disclosure"]
    )
    return in_person(case) and caseworker_of_the_sender(case) and not wrong


def ender_of_a_disclosure(case: Case) -> bool:
    """Whoever works on cases at the agency that made it, or looks after data protection there."""
    looks_after = case.one_of(frozenset({Role.DATA_PROTECTION_LEAD}))
    return case.of_mine("from_agency_id") and (caseworker(case) or looks_after)


def answerer_of_a_request(case: Case) -> bool:
    """Whoever works on cases at the agency that is asked, or looks after data protection there."""
    looks_after = case.one_of(frozenset({Role.DATA_PROTECTION_LEAD}))
    return case.of_mine("of_agency_id") and (caseworker(case) or looks_after)


def reviewer_of_a_disclosure(case: Case) -> bool:
    """The data protection lead of the agency that made it; nobody in these cases made it."""
    looks_after = case.one_of(frozenset({Role.DATA_PROTECTION_LEAD}))
    return in_person(case) and case.of_mine("from_agency_id") and looks_after


def anybody(_: Case) -> bool:
    """What people do about themselves."""
    return True


def oneself(case: Case) -> bool:
    """The person it is about."""
    return bool(case.row["person_id"] == case.caller.person_id)


def administrator_of_a_colleague(case: Case) -> bool:
    """Of the agency or joint body that somebody else is a member of."""
    return administrator_of_its_agency(case) and case.row["person_id"] != case.caller.person_id


def administrator_of_who_acts(case: Case) -> bool:
    """Of the agency for which somebody else is signed in."""
    mine = agency_of_member(case.row["membership_id"]) == case.caller.agency_id
    return mine and administrator(case) and not oneself(case)


def second_administrator(case: Case) -> bool:
    """Of that agency, and neither who asked nor whom it concerns."""
    people = {case.row.get(name) for name in ("asked_person_id", "made_person_id", "person_id")}
    return administrator_of_its_agency(case) and case.caller.person_id not in people


def who_asked(case: Case) -> bool:
    """The person who asked for it."""
    return bool(case.row["asked_person_id"] == case.caller.person_id)
