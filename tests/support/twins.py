"""What the rules in Python say a caller sees: the other side of every comparison."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any
from uuid import UUID

from support.world import World, agency_of_member, in_partnership

from auth.caller import Caller
from auth.roles import Scope
from portal.agreements.access import sees_agreement
from portal.charging.access import CATEGORIES as LISTED
from portal.charging.access import OPENED, sees_listed, sees_supported
from portal.database import RULES
from portal.frameworks.access import sees_assessment, sees_plan
from portal.initiatives.access import sees
from portal.marac.access import sees_repeat, sits
from portal.referrals.access import CATEGORIES
from portal.referrals.parties import sees_full, sees_summary
from portal.sample.partnership import DAY
from portal.store.rules import table_of
from portal.voices.access import sees_comment

Row = dict[str, Any]
UNTWINNED = frozenset({"change"})
"""What a caller saw at the time is not in the rows: tests of its own cover it."""


def partners_work(caller: Caller, _: Row) -> bool:
    """The partnership's own records."""
    return sees_plan(caller, in_partnership=caller.agency_id in in_partnership())


def own_assessment(caller: Caller, row: Row) -> bool:
    """A self-assessment is its own agency's too, should that be no partner."""
    joined = caller.agency_id in in_partnership()
    return sees_assessment(caller, row["agency_id"], in_partnership=joined)


def own_line(caller: Caller, row: Row) -> bool:
    """One's own audit lines; every line for an auditor."""
    return row["principal_id"] == caller.principal_id or caller.can(Scope.AUDIT_READ)


def own(caller: Caller, row: Row) -> bool:
    """What is about one person, or for them."""
    return bool(row["person_id"] == caller.person_id)


def own_session(caller: Caller, row: Row) -> bool:
    """Where one is signed in oneself; where others act for an agency, for its administrators."""
    acts_for = agency_of_member(row["membership_id"])
    managed = acts_for == caller.agency_id and caller.can(Scope.AGENCIES_MANAGE)
    return own(caller, row) or managed


def own_event(caller: Caller, row: Row) -> bool:
    """One's own lines of the door; those about an agency for its auditors."""
    audited = row["agency_id"] == caller.agency_id and caller.can(Scope.AUDIT_READ)
    return own(caller, row) or audited


def administered(caller: Caller, row: Row) -> bool:
    """What concerns an agency's people, for those who administer it."""
    return bool(row["agency_id"] == caller.agency_id) and caller.can(Scope.AGENCIES_MANAGE)


def own_request(caller: Caller, row: Row) -> bool:
    """A role that was asked for: for whom, by whom, and for the agency's administrators."""
    asked = row["asked_by_id"] == caller.principal_id
    return own(caller, row) or asked or administered(caller, row)


def own_invitation(caller: Caller, row: Row) -> bool:
    """An agency's own; who is let in again may need the partnership's word."""
    again = row["rebinds_id"] is not None and caller.can(Scope.PARTNERSHIP_MANAGE)
    return administered(caller, row) or again


def known_provider(caller: Caller, row: Row) -> bool:
    """Where an agency's people sign in: for its administrators and the partnership's."""
    return administered(caller, row) or caller.can(Scope.PARTNERSHIP_MANAGE)


WORKED_BY = {table_of(model).name: category for model, category in LISTED.items()}
FULL_VIEW = {table_of(m).name: c for m, c in (CATEGORIES | OPENED).items()}
FULL_VIEW["case_action_codes"] = "actions"
"""Tables of a case's full view, and the data category of each."""

TWINS: dict[str, Callable[[Caller, Row], bool]] = {
    "client": lambda caller, row: row["agency_id"] == caller.agency_id,
    "audit_line": own_line,
    "auth_event": own_event,
    "browser_session": own_session,
    "credential": own,
    "consent": own,
    "identity": own,
    "identity_provider": known_provider,
    "invitation": own_invitation,
    "cover": lambda caller, row: row["agency_id"] == caller.agency_id,
    "mail_preference": own,
    "notice": own,
    "plan_action": partners_work,
    "plan_update": partners_work,
    "role_request": own_request,
    "self_assessment": own_assessment,
}
"""Tables whose rule is another than `everyone` or `whoever sees the initiative`."""


@dataclass
class Sight:
    """What one caller sees of the world."""

    world: World
    caller: Caller

    @cached_property
    def initiatives(self) -> set[UUID]:
        """The rule in Python, over every initiative."""
        caller, world = self.caller, self.world
        joined = caller.agency_id in in_partnership()
        return {
            found.id
            for found in world.initiatives.values()
            if sees(caller, found, world.partners.get(found.id, set()), in_partnership=joined)
        }

    @cached_property
    def agreements(self) -> set[UUID]:
        """Who leads an agreement sees it, and who was not let go again before it joined."""
        named: dict[UUID, set[UUID]] = {}
        for party in self.world.rows["agreement_party"]:
            if party["joined_at"] or not party["left_at"]:
                named.setdefault(party["agreement_id"], set()).add(party["agency_id"])
        return {
            row["id"]
            for row in self.world.rows["agreement"]
            if sees_agreement(self.caller, row["lead_agency_id"], named.get(row["id"], set()))
        }

    def rows(self, table: str) -> set[UUID]:
        """The ids of the table's rows that this caller sees."""
        sees = self._rule(table)
        return {row["id"] for row in self.world.rows[table] if sees(row)}

    def sees(self, table: str, row: Row) -> bool:
        """Whether this caller sees the row."""
        return self._rule(table)(row)

    def _rule(self, table: str) -> Callable[[Row], bool]:
        twin, seen = TWINS.get(table), self.initiatives
        if twin is not None:
            return partial(twin, self.caller)
        if table == "initiative":
            return lambda row: row["id"] in seen
        own_rules = {
            "comment": self._reads,
            "standing": self._knows_standing,
            "client_acceptance": self._agencys_program,
            "client_key": self._manages,
            "outbox_message": self._hears_of,
            "outbox_attempt": self._hears_of_attempt,
            "referral": lambda row: self._knows_case(row["id"]),
            "local_reference": self._calls_it_so,
            "allocation": self._calls_it_so,
            "emergency_disclosure": self._discloses,
            "outside_referral": self._referred_outside,
            "onward_request": self._referred_outside,
            "disclosure_request": partial(self._deals_with, "of_agency_id", "by_agency_id"),
            "request_set_aside": partial(self._deals_with, "of_agency_id"),
            "consultation": self._was_told_of,
            "supported_matter": self._supports,
            "marac_meeting": self._sits,
            "marac_research": self._asks_or_is_asked,
            "marac_repeat": self._links,
            "marac_belief": self._links,
        }
        if table.startswith("agreement"):
            return lambda row: row.get("agreement_id", row["id"]) in self.agreements
        if table in own_rules:
            return own_rules[table]
        columns = RULES[table].table.columns
        if "referral_id" in columns:
            return partial(self._knows_of_case, table)
        return lambda row: "initiative_id" not in columns or row["initiative_id"] in seen

    def _reads(self, row: Row) -> bool:
        shared = row["initiative_id"] in self.initiatives
        own, comment = frozenset({self.caller.agency_id}), self.world.comments[row["id"]]
        return sees_comment(self.caller, comment, own, sees_initiative=shared)

    def _agencys_program(self, row: Row) -> bool:
        return bool(self._program(row["id"])["agency_id"] == self.caller.agency_id)

    def _program(self, program_id: UUID) -> Row:
        return self._by_id("client")[program_id]

    def _by_id(self, table: str) -> dict[UUID, Row]:
        if table not in self._found:
            self._found[table] = {row["id"]: row for row in self.world.rows[table]}
        return self._found[table]

    @cached_property
    def _found(self) -> dict[str, dict[UUID, Row]]:
        return {}

    @cached_property
    def _homes(self) -> dict[UUID, set[UUID]]:
        """The agencies of each person, and of each team."""
        homes = {team: {row["agency_id"]} for team, row in self._by_id("team").items()}
        for member in self.world.rows["membership"]:
            homes.setdefault(member["person_id"], set()).add(member["agency_id"])
        return homes

    def _knows_of_case(self, table: str, row: Row) -> bool:
        """A row of a case: of its full view, or of its summary."""
        if table in WORKED_BY:
            parties = self.world.parties[row["referral_id"]]
            return sees_listed(self.caller, parties, WORKED_BY[table])
        category = row.get("category") or FULL_VIEW.get(table)
        if category is None:
            return self._knows_case(row["referral_id"])
        return sees_full(self.caller, self.world.parties[row["referral_id"]], category)

    def _knows_case(self, referral: UUID) -> bool:
        return sees_summary(self.caller, self.world.parties[referral])

    def _calls_it_so(self, row: Row) -> bool:
        own = row["agency_id"] == self.caller.agency_id
        return bool(own) and self._knows_case(row["referral_id"])

    @cached_property
    def _senders(self) -> dict[UUID, UUID]:
        return {row["id"]: row["sender_agency_id"] for row in self.world.rows["referral"]}

    def _referred_outside(self, row: Row) -> bool:
        told = {row["agency_id"], self._senders[row["referral_id"]]}
        return self.caller.agency_id in told and self._knows_case(row["referral_id"])

    def _discloses(self, row: Row) -> bool:
        concerned = self.caller.agency_id in {row["from_agency_id"], row["to_agency_id"]}
        governs = {Scope.AGREEMENTS_ADVISE, Scope.AGREEMENTS_SIGN} & self.caller.scopes
        return concerned and (bool(governs) or self._knows_case(row["referral_id"]))

    def _deals_with(self, *columns_and_row: Any) -> bool:
        *columns, row = columns_and_row
        wants = {Scope.REFERRALS_SUMMARY, Scope.AGREEMENTS_ADVISE, Scope.AGREEMENTS_SIGN}
        named = self.caller.agency_id in {row[column] for column in columns}
        return named and bool(wants & self.caller.scopes)

    def _supports(self, row: Row) -> bool:
        days = row["from_on"], row["until_on"], DAY
        return sees_supported(self.caller, row["agency_id"], *days)

    def _sits(self, row: Row) -> bool:
        seats = self.world.rows["marac_seat"]
        at_it = {s["agency_id"] for s in seats if s["marac_team_id"] == row["team_id"]}
        return sits(self.caller, row["agency_id"], frozenset(at_it))

    def _asks_or_is_asked(self, row: Row) -> bool:
        concerned = self.caller.agency_id in {row["from_agency_id"], row["agency_id"]}
        return concerned and self._knows_case(row["referral_id"])

    def _links(self, row: Row) -> bool:
        return sees_repeat(self.caller, row["agency_id"]) and self._knows_case(row["referral_id"])

    def _was_told_of(self, row: Row) -> bool:
        owner = row["owner_agency_id"] == self.caller.agency_id
        return (
            (owner and self.caller.can(Scope.REFERRALS_SUMMARY))
            or row["principal_id"] == self.caller.principal_id
            or self.caller.can(Scope.AUDIT_READ)
        )

    def _manages(self, row: Row) -> bool:
        program = self._program(row["client_id"])
        own = program["agency_id"] == self.caller.agency_id
        answers = program["owner_membership_id"] == self.caller.principal_id
        return (bool(own) and self.caller.can(Scope.AGENCIES_MANAGE)) or bool(answers)

    def _hears_of(self, row: Row) -> bool:
        if row["person_id"] is not None and own(self.caller, row):
            return True
        manages = self.caller.can(Scope.AGENCIES_MANAGE) and self.caller.person_id is not None
        told = {row["person_id"], row["team_id"]} & self._homes.keys()
        return manages and any(self.caller.agency_id in self._homes[one] for one in told)

    def _hears_of_attempt(self, row: Row) -> bool:
        return self._hears_of(self._by_id("outbox_message")[row["message_id"]])

    def _knows_standing(self, row: Row) -> bool:
        member = self._by_id("membership")[row["membership_id"]]
        return own(self.caller, member) or administered(self.caller, member)
