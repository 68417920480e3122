"""Who discloses in an emergency, who reviews it, and who knows of it.

Whoever holds the information gives it. Nobody opens another agency's record by declaring an
emergency, the police included: there is no rule here that lets a reader do anything but ask.
"""

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.referrals.access import OWN, SUMMARY, WORKS, of_case, sent_by_caller
from portal.referrals.emergencies import tables
from portal.referrals.tables import Referral
from portal.store.rules import RowRule, by_power, table_of

ADVISES = "(SELECT caller_can('agreements:advise'))"
_GOVERN = ("agreements:advise", "agreements:sign")
GOVERNS = f"({ADVISES} OR (SELECT caller_can('agreements:sign')))"
_CONCERNED = f"{OWN} IN (from_agency_id, to_agency_id)"
_MAKES = (
    f"from_agency_id = {OWN} AND made_by_id = (SELECT caller_principal())"
    f" AND (SELECT caller_person()) IS NOT NULL AND {WORKS}"
    f" AND {sent_by_caller('emergency_disclosure')} AND NOT (SELECT emergency_barred())"
    " AND starts_at = (SELECT caller_now()) AND closed_at IS NULL AND reviewed_at IS NULL"
    " AND escalated_at IS NULL AND lifted_at IS NULL"
)

_CASES_OR_GOVERNS = f"((SELECT caller_can('referrals:summary')) OR {GOVERNS})"
_DECIDES = f"({WORKS} OR {ADVISES})"

RULES = (
    RowRule(
        table_of(tables.DisclosureRequest),
        "Those who see cases, and governance, in the agency that asks and in the one it asks.",
        f"{OWN} IN (of_agency_id, by_agency_id) AND {_CASES_OR_GOVERNS}",
        why=tuple(
            by_power(scope, f"{OWN} IN (of_agency_id, by_agency_id)")
            for scope in ("referrals:summary", *_GOVERN)
        ),
        add=f"by_agency_id = {OWN} AND {WORKS} AND asked_by_id = (SELECT caller_principal())"
        " AND asked_at = (SELECT caller_now())",
        triggers=(
            "CREATE TRIGGER z_tell AFTER INSERT ON disclosure_request"
            " FOR EACH ROW EXECUTE FUNCTION tell_of_request()",
        ),
    ),
    RowRule(
        table_of(tables.RequestSetAside),
        "Those who see cases, and governance, in the agency that was asked; never who asked.",
        f"of_agency_id = {OWN} AND {_CASES_OR_GOVERNS}",
        add=f"of_agency_id = {OWN} AND {_DECIDES} AND by_id = (SELECT caller_principal())"
        " AND at = (SELECT caller_now())",
    ),
    of_case(
        tables.EmergencyDisclosure,
        "Data protection leads and signatories of both agencies; whoever sees the case at the one"
        " that made it, and in the team that it was made to while it lasts.",
        f"{_CONCERNED} AND ({SUMMARY} OR {GOVERNS})",
        why=tuple(by_power(scope, _CONCERNED) for scope in _GOVERN),
        add=_MAKES,
        change=f"from_agency_id = {OWN} AND ({SUMMARY} AND {WORKS} OR {ADVISES})",
        more=(
            "CREATE TRIGGER c_disclosure BEFORE UPDATE ON emergency_disclosure"
            " FOR EACH ROW EXECUTE FUNCTION check_disclosure()",
            "CREATE TRIGGER y_keys AFTER INSERT ON emergency_disclosure"
            " FOR EACH ROW EXECUTE FUNCTION disclosure_changed()",
            "CREATE TRIGGER y_keys_closed AFTER UPDATE ON emergency_disclosure FOR EACH ROW"
            " WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at)"
            " EXECUTE FUNCTION disclosure_changed()",
            "CREATE TRIGGER z_tell AFTER INSERT OR UPDATE ON emergency_disclosure"
            " FOR EACH ROW EXECUTE FUNCTION tell_of_disclosure()",
            "CREATE TRIGGER y_spread_disclosures AFTER UPDATE ON referral FOR EACH ROW"
            " WHEN (OLD.acl IS DISTINCT FROM NEW.acl OR OLD.routes IS DISTINCT FROM NEW.routes)"
            " EXECUTE FUNCTION spread_referral_keys('emergency_disclosure')",
        ),
    ),
)
DEFINERS: dict[str, str] = {
    "tell_of_disclosure()": "",
    "tell_of_request()": "",
    "tell_guardians(uuid,date,text,text)": "",
    "emergency_barred()": "portal_runtime",
    "guardians_known(uuid)": "portal_runtime",
    "disclosures_full(uuid)": "portal_runtime",
    "escalate_disclosures(timestamptz)": "portal_worker",
}


def may_disclose(caller: Caller, referral: Referral, *, owner: str, barred: bool) -> None:
    """Let another agency's team have a case at once: only whoever holds it. `owner` is the name of
    that agency, which everybody who has the case knows as its sender.
    """
    if referral.sender_agency_id != caller.agency_id:
        raise NotAllowed(
            f"This case is a record of {owner}: those who work on cases there, and nobody else,"
            " disclose it in an emergency. Ring them, or let the team that needs it ask them"
            " (`askForDisclosure`). Where life is in danger now, ring 999.",
            rule="emergency.holder_discloses",
            granted_by=f"those who work on cases at {owner}",
        )
    if not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those of your agency who work on cases disclose one in an emergency: ask a"
            " colleague in the team that keeps it.",
            rule="emergency.caseworkers_disclose",
            granted_by="your agency's administrators, two of them",
        )
    if barred:
        raise NotAllowed(
            "A disclosure that you made was found not to be justified. You can make no other until"
            " a data protection lead lifts this.",
            rule="emergency.not_after_unjustified",
            granted_by="your agency's data protection lead",
        )


def may_ask(caller: Caller) -> None:
    """Ask another agency to disclose a case; a reader can do no more."""
    if not caller.can(Scope.REFERRALS_WORK):
        raise NotAllowed(
            "Only those who work on cases ask other agencies to disclose one.",
            rule="emergency.caseworkers_ask",
            granted_by="your agency's administrators, two of them",
        )


def may_set_aside(caller: Caller, request: tables.DisclosureRequest) -> None:
    """Disclose nothing to who asked: whoever could have disclosed, or looks after data."""
    decides = caller.can(Scope.REFERRALS_WORK) or caller.can(Scope.AGREEMENTS_ADVISE)
    if request.of_agency_id != caller.agency_id or not decides:
        raise NotAllowed(
            "Only the agency that was asked sets a request aside.",
            rule="emergency.who_was_asked_answers",
            granted_by="the agency that was asked",
        )


def may_end(caller: Caller, disclosure: tables.EmergencyDisclosure) -> None:
    """End a disclosure before its time."""
    decides = caller.can(Scope.REFERRALS_WORK) or caller.can(Scope.AGREEMENTS_ADVISE)
    if disclosure.from_agency_id != caller.agency_id or not decides:
        raise NotAllowed(
            "Only the agency that made a disclosure ends it: whoever works on its cases, or its"
            " data protection lead.",
            rule="emergency.holder_ends",
            granted_by="the agency that made the disclosure",
        )


def may_review(caller: Caller, disclosure: tables.EmergencyDisclosure, *, own: bool) -> None:
    """Say whether a disclosure was right: a data protection lead of the agency that made it."""
    if disclosure.from_agency_id != caller.agency_id or not caller.can(Scope.AGREEMENTS_ADVISE):
        raise NotAllowed(
            "Only a data protection lead of the agency that made a disclosure can do this.",
            rule="emergency.lead_reviews",
            granted_by="the agency that made the disclosure",
        )
    if own or caller.person_id is None:
        raise NotAllowed(
            "Another person must say whether a disclosure was right than whoever made it.",
            rule="emergency.second_person",
            granted_by="another data protection lead of your agency",
        )
