"""Who asks whether a case may be passed on, who answers, and who knows of it."""

from collections.abc import Collection
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.referrals.access import OWN, SUMMARY, WORKS, of_case, sent_by_caller
from portal.referrals.consents.tables import OnwardRequest

_OWNS = sent_by_caller("onward_request")

RULES = (
    of_case(
        OnwardRequest,
        "The agency that asks and the sender of the case, while they see it.",
        f"{SUMMARY} AND (agency_id = {OWN} OR {_OWNS})",
        add=f"{SUMMARY} AND {WORKS} AND agency_id = {OWN} AND NOT {_OWNS} AND answer IS NULL"
        " AND asked_by_id = (SELECT caller_principal()) AND asked_at = (SELECT caller_now())",
        change=f"{SUMMARY} AND {WORKS} AND {_OWNS}",
    ),
)
DEFINERS: dict[str, str] = {}


def may_ask(caller: Caller, given: Collection[UUID]) -> None:
    """Ask whether a case may be passed on, for an agency that was given it."""
    if caller.agency_id not in given or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at an agency that was sent this one ask whether it may"
            " be passed on.",
            rule="onward.recipients_ask",
            granted_by="the agency that made the referral",
        )


def may_answer(caller: Caller, owner: UUID) -> None:
    """Say whether a case may be passed on: only whoever made the referral."""
    if caller.agency_id != owner or not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases at the agency that made the referral say whether it may"
            " be passed on.",
            rule="onward.owner_answers",
            granted_by="the agency that made the referral",
        )
