"""Who writes down that a case was referred outside the portal, and who sees it; and whether a team
of the portal takes cases.
"""

from collections.abc import Collection
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.referrals.access import OWN, SUMMARY, WORKS, of_case, sent_by_caller
from portal.referrals.outside.tables import OutsideReferral

_OWN = f"agency_id = {OWN} AND {SUMMARY} AND {WORKS}"

RULES = (
    of_case(
        OutsideReferral,
        "The agency that referred it there and the sender of the case, while they see it.",
        f"{SUMMARY} AND (agency_id = {OWN} OR {sent_by_caller('outside_referral')})",
        add=f"{_OWN} AND by_id = (SELECT caller_principal())",
        change=_OWN,
        remove=_OWN,
    ),
)
DEFINERS: dict[str, str] = {"team_takes_cases(uuid)": "portal_runtime"}


def may_refer_outside(caller: Caller, parties: Collection[UUID]) -> None:
    """Write down that a case was referred outside, for an agency that has it."""
    if caller.agency_id not in parties or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at an agency that has this one refer it outside.",
            rule="outside.parties_refer",
            granted_by="the agency that made the referral, or the one that it was sent to",
        )


def may_take_back(caller: Caller, row: OutsideReferral) -> None:
    """Take back what was written by mistake."""
    if row.agency_id != caller.agency_id or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at the agency that wrote this down take it back.",
            rule="outside.writer_takes_back",
            granted_by="the agency that wrote it down",
        )
