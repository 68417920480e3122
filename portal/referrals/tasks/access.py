"""Who may add an action to a case, and who may say what became of it."""

from collections.abc import Collection
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.referrals.details import CaseAction


def may_add(caller: Caller, parties: Collection[UUID]) -> None:
    """Add an action, for a team of any party that has the case."""
    if caller.agency_id not in parties or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at an agency that has this one can add an action.",
            rule="case_action.parties_add",
            granted_by="the agency that made the referral, or the one that it was sent to",
        )


def may_change(caller: Caller, action: CaseAction) -> None:
    """Change by when it is to be done: whose team does it, and who added it."""
    concerned = caller.agency_id in {action.agency_id, action.added_by_agency_id}
    if not concerned or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only the agency whose team does this, or the one that added it, can change its day.",
            rule="case_action.doer_or_adder_changes",
            granted_by="the agency whose team does it",
        )


def may_answer(caller: Caller, action: CaseAction) -> None:
    """Say that it is done, or why it will not be: for the agency whose team does it."""
    if caller.agency_id != action.agency_id or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at the agency whose team does this can say what became"
            " of it.",
            rule="case_action.doer_answers",
            granted_by="the agency whose team does it",
        )
