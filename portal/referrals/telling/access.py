"""Who has clocks reckoned anew, and who may call what tells people of cases."""

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.store.rules import RowRule

RULES: tuple[RowRule, ...] = ()
DEFINERS: dict[str, str] = {
    "tell_late_totals(timestamptz)": "portal_worker",
    "tell_of_case(referral,uuid,uuid,text,text,text,uuid,timestamptz)": "",
    "tell_party(uuid,boolean,text)": "portal_runtime",
    "climb(referral,recipient,running_clock,timestamptz)": "",
    "escalate(timestamptz)": "portal_worker",
    "tell_of_case_action(case_action,text,text,uuid,timestamptz)": "",
    "case_action_given()": "",
    "remind_of_case_actions(timestamptz)": "portal_worker",
    "tell_of_agreement(agreement,text,text,date)": "",
    "remind_of_agreements(timestamptz)": "portal_worker",
    "running_clocks(uuid,integer)": "portal_runtime",
    "reckon_clocks(text)": "portal_runtime",
}


def may_recompute(caller: Caller) -> None:
    """Reckon all clocks that run with today's calendar: no case is seen by it."""
    if not caller.can(Scope.FRAMEWORKS_MANAGE):
        raise NotAllowed(
            "Only those who keep the partnership's calendars can have clocks reckoned anew.",
            rule="referral.calendar_keepers_recompute",
            granted_by="the partnership's administrators",
        )
