"""Who sees an action (whoever sees its initiative), and who may do what with it."""

from dataclasses import replace
from uuid import UUID

from auth.caller import Caller
from portal.actions import tables
from portal.actions.tables import Action
from portal.errors import NotAllowed
from portal.initiatives.access import CONTRIBUTES, contributes, leads, led, takes_part
from portal.initiatives.tables import Initiative
from portal.store.rules import follows

MINE = "owner_agency_id = (SELECT caller_agency())"
LED, LED_MOVE = led("action"), led("action_move")
OWNER_TAKES_PART = takes_part("action", "owner_agency_id")
# Who has left an initiative leaves what was done there as it is.
WORKS = f"{MINE} AND {takes_part('action')}"
_OF_MINE = (
    f"EXISTS (SELECT FROM action a WHERE a.id = action_id"
    f" AND (a.{MINE} AND {takes_part('action_move')} OR {LED_MOVE}))"
)

GIVEN = (
    "CREATE TRIGGER zz_given AFTER INSERT OR UPDATE OF allocated_to_id, owner_team_id ON action"
    " FOR EACH ROW EXECUTE FUNCTION action_given()"
)
_ACTION = follows(
    Action,
    "Whoever sees the initiative.",
    add=f"{CONTRIBUTES} AND ({MINE} OR {LED}) AND {OWNER_TAKES_PART}",
    change=f"{CONTRIBUTES} AND ({WORKS} OR {LED})",
)

RULES = (
    # A partner that leaves hands its actions to the lead: after a change the row may be another's.
    replace(_ACTION, check=CONTRIBUTES, triggers=(*_ACTION.triggers, GIVEN)),
    follows(
        tables.ActionMove,
        "Whoever sees the initiative.",
        add=f"{CONTRIBUTES} AND moved_by_id = (SELECT caller_principal()) AND {_OF_MINE}",
        change=None,
    ),
)

DEFINERS: dict[str, str] = {
    "tell_of_action(action,date,text,text,uuid)": "",
    "action_given()": "",
    "remind(timestamptz)": "portal_worker",
}


def may_add(
    caller: Caller, initiative: Initiative, owner_agency: UUID, taking_part: frozenset[UUID]
) -> None:
    """Give an action to a team: the lead to any, a partner to its own."""
    if leads(caller, initiative):
        return
    if not contributes(caller, caller.agency_id) or caller.agency_id not in taking_part:
        raise NotAllowed(
            "Only the lead's coordinators and contributors of committed partners can add actions.",
            rule="action.taking_part_adds",
            granted_by="an initiative coordinator of the lead agency",
        )
    if owner_agency != caller.agency_id:
        raise NotAllowed(
            "You can add actions for your own agency's teams only.",
            rule="action.own_team",
            granted_by="an initiative coordinator of the lead agency",
        )


def may_update(
    caller: Caller, initiative: Initiative, action: Action, taking_part: frozenset[UUID]
) -> None:
    """Change an action or report on it: its owner agency while it takes part, and the lead."""
    if leads(caller, initiative):
        return
    if not contributes(caller, action.owner_agency_id):
        raise NotAllowed(
            "Only contributors of the agency that owns this action, and the lead's coordinators,"
            " can change it.",
            rule="action.owner_updates",
            granted_by="the agency that owns the action, or the lead's initiative coordinator",
        )
    _must_take_part(caller, taking_part)


def _must_take_part(caller: Caller, taking_part: frozenset[UUID]) -> None:
    if caller.agency_id not in taking_part:
        raise NotAllowed(
            "Your agency takes no part in this initiative any more: what it did stands as it is.",
            rule="action.taking_part_updates",
            granted_by="an initiative coordinator of the lead agency",
        )


def may_allocate(caller: Caller, action: Action, taking_part: frozenset[UUID]) -> None:
    """Say who in the owning team does it: that agency's own matter, not the lead's."""
    if not contributes(caller, action.owner_agency_id):
        raise NotAllowed(
            "Only contributors of the agency that owns this action can say who does it.",
            rule="action.owner_allocates",
            granted_by="a team lead or coordinator of the agency that owns the action",
        )
    _must_take_part(caller, taking_part)


def may_reassign(
    caller: Caller,
    initiative: Initiative,
    action: Action,
    to_agency: UUID,
    taking_part: frozenset[UUID],
) -> None:
    """Move an action to another team: the owner within its agency, the lead to any."""
    may_update(caller, initiative, action, taking_part)
    if not leads(caller, initiative) and to_agency != action.owner_agency_id:
        raise NotAllowed(
            "Only the lead's coordinators can give an action to another agency.",
            rule="action.lead_reassigns",
            granted_by="an initiative coordinator of the lead agency",
        )


def may_hand_over(caller: Caller, agency: UUID) -> None:
    """Hand a leaver's work to a colleague: their own agency's people."""
    if not contributes(caller, agency):
        raise NotAllowed(
            "Only contributors of the same agency can hand over a colleague's work.",
            rule="action.own_agency_hands_over",
            granted_by="a team lead or coordinator of that agency",
        )
