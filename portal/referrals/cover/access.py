"""Who sees who covers for whom, and who arranges it."""

from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.referrals.access import OWN
from portal.referrals.cover.tables import Cover
from portal.store.rules import RowRule, counted, ours, table_of

_ARRANGES = (
    f"agency_id = {OWN} AND ((SELECT caller_can('referrals:work'))"
    " OR (SELECT caller_can('referrals:allocate')))"
)

RULES = (
    RowRule(
        table_of(Cover),
        "Everybody in the agency of the team.",
        f"agency_id = {OWN}",
        why=(ours(f"agency_id = {OWN}"),),
        add=f"{_ARRANGES} AND set_by_id = (SELECT caller_principal()) AND ended_at IS NULL",
        change=_ARRANGES,
        triggers=(counted(Cover),),
    ),
)
DEFINERS: dict[str, str] = {"covers(uuid,uuid,date)": ""}


def may_arrange_cover(caller: Caller, agency: UUID) -> None:
    """Say who covers for whom: whoever allocates cases or works on them at the team's agency."""
    allowed = caller.can(Scope.REFERRALS_ALLOCATE) or caller.can(Scope.REFERRALS_WORK)
    if caller.agency_id != agency or not allowed:
        raise NotAllowed(
            "Only those who work on cases at the team's own agency say who covers for whom.",
            rule="referral.own_team_covers",
            granted_by="the agency of the team",
        )
