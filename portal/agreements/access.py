"""Who sees an agreement, and who may do what with it."""

from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.agreements import tables
from portal.agreements.tables import Agreement, AgreementParty
from portal.errors import NotAllowed
from portal.proposals.access import changed_by_two, may_propose
from portal.store.rules import HELD, RowRule, table_of, tracked

OWN = "(SELECT caller_agency())"
DRAFTS = "(SELECT caller_can('agreements:draft'))"
ADVISES = "(SELECT caller_can('agreements:advise'))"
SIGNS = "(SELECT caller_can('agreements:sign'))"
PARTIES = "The agency that leads the agreement, and every agency that is or was a party."
LEADS = f"lead_agency_id = {OWN} AND {DRAFTS} AND sent_at IS NULL AND withdrawn_at IS NULL"
UNSENT = "sent_at IS NULL AND signed_at IS NULL AND dropped_at IS NULL"
ADVISED = (
    "EXISTS (SELECT FROM agreement_advice a JOIN membership m ON m.id = a.advised_by_id"
    " WHERE a.agreement_version_id = agreement_signature.agreement_version_id"
    " AND a.party_id = agreement_signature.party_id"
    " AND m.person_id <> (SELECT caller_person()))"
)
SIGNATORY = (
    "EXISTS (SELECT FROM membership_role r WHERE r.membership_id = signed_by_id"
    " AND r.role = 'authorised_signatory' AND r.title = agreement_signature.title)"
)
# A party comes in by a version that names it from the start, or as those who are in consent.
NAMED = (
    "(accedes OR EXISTS (SELECT FROM agreement_version v"
    " WHERE v.agreement_id = agreement_party.agreement_id AND v.number = since_number"
    " AND v.sent_at IS NULL AND v.dropped_at IS NULL))"
)
BY_CALLER = f"by_agency_id = {OWN} AND by_id = (SELECT caller_principal())"
WHOLE = (
    "('drafted', 'changed', 'amended', 'party_named', 'sent', 'dropped',"
    " 'suspended', 'resumed', 'withdrawn')"
)
PART = "('party_suspended', 'party_resumed', 'party_left')"
OWN_PARTY = (
    "EXISTS (SELECT FROM agreement_party p WHERE p.id = party_id AND p.agency_id = " + OWN + ")"
)
STANDS = (
    "EXISTS (SELECT FROM agreement_party p WHERE p.agreement_id = agreement_event.agreement_id"
    f" AND p.agency_id = {OWN} AND p.joined_at IS NOT NULL AND p.left_at IS NULL)"
)


def _lead(table: str) -> str:
    """The condition on a row of `table`: the caller's agency leads its agreement."""
    lead = f"SELECT a.lead_agency_id FROM agreement a WHERE a.id = {table}.agreement_id"  # noqa: S608 - our own names
    return f"({lead}) = {OWN}"


def _sent(table: str) -> str:
    """The condition on a row of `table`: its version was sent for signature."""
    return (
        f"EXISTS (SELECT FROM agreement_version v WHERE v.id = {table}.agreement_version_id"
        " AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL)"
    )


EVENT = (
    f"{HELD} AND {BY_CALLER} AND CASE"
    f" WHEN move IN {WHOLE} THEN {DRAFTS} AND {_lead('agreement_event')}"
    f" WHEN move IN {PART} THEN {DRAFTS} AND ({OWN_PARTY} OR {_lead('agreement_event')})"
    f" WHEN move = 'consented' THEN {SIGNS} AND {STANDS} ELSE false END"
)


def _trigger(name: str, when: str, table: str, function: str) -> str:
    return f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"


def _keys(table: str, function: str = "agreement_child_keys") -> str:
    return _trigger("a_keys", "BEFORE INSERT OR UPDATE", table, function)


RULES = (
    changed_by_two(
        tables.Gateway, "Every signed-in caller; two data protection leads change one.",
        who=ADVISES,
    ),
    RowRule(
        table_of(Agreement), PARTIES, HELD, add=f"{LEADS} AND suspended_at IS NULL",
        change=f"{HELD} AND {LEADS}",
        triggers=(
            _keys("agreement", "set_agreement_keys"),
            *tracked(Agreement),
            "CREATE TRIGGER y_spread AFTER UPDATE ON agreement FOR EACH ROW"
            " WHEN (OLD.acl IS DISTINCT FROM NEW.acl) EXECUTE FUNCTION spread_agreement_keys()",
        ),
    ),
    RowRule(
        table_of(tables.AgreementVersion), PARTIES, HELD,
        add=f"{HELD} AND {DRAFTS} AND {_lead('agreement_version')} AND {UNSENT}",
        change=f"{HELD} AND {DRAFTS} AND {_lead('agreement_version')} AND {UNSENT}",
        triggers=(_keys("agreement_version"), *tracked(tables.AgreementVersion)),
    ),
    RowRule(
        table_of(AgreementParty), PARTIES, HELD,
        add=f"{HELD} AND {DRAFTS} AND {_lead('agreement_party')}"
        f" AND joined_at IS NULL AND suspended_at IS NULL AND left_at IS NULL AND {NAMED}",
        triggers=(
            _keys("agreement_party"),
            *tracked(AgreementParty),
            _trigger(
                "y_parties", "AFTER INSERT OR UPDATE OF agency_id, joined_at, left_at",
                "agreement_party", "agreement_parties_changed",
            ),
        ),
    ),
    RowRule(
        table_of(tables.AgreementAdvice), PARTIES, HELD,
        add=f"{HELD} AND {ADVISES} AND agency_id = {OWN}"
        f" AND advised_by_id = (SELECT caller_principal()) AND {_sent('agreement_advice')}",
        triggers=(
            _keys("agreement_advice"),
            _trigger("y_event", "AFTER INSERT", "agreement_advice", "agreement_advised"),
        ),
    ),
    RowRule(
        table_of(tables.AgreementSignature), PARTIES, HELD,
        add=f"{HELD} AND {SIGNS} AND agency_id = {OWN}"
        f" AND signed_by_id = (SELECT caller_principal()) AND {_sent('agreement_signature')}"
        f" AND {SIGNATORY} AND {ADVISED}",
        triggers=(
            _keys("agreement_signature"),
            _trigger("y_event", "AFTER INSERT", "agreement_signature", "agreement_signed"),
        ),
    ),
    RowRule(
        table_of(tables.AgreementEvent), PARTIES, HELD, add=EVENT,
        triggers=(
            _keys("agreement_event"),
            _trigger("c_order", "BEFORE INSERT", "agreement_event", "order_agreement_event"),
            _trigger("y_apply", "AFTER INSERT", "agreement_event", "apply_agreement_event"),
            _trigger("z_tell", "AFTER INSERT", "agreement_event", "tell_of_agreement_event"),
        ),
    ),
)  # fmt: skip

DEFINERS: dict[str, str] = {
    "agreement_keys(uuid,uuid)": "",
    "set_agreement_keys()": "",
    "agreement_child_keys()": "",
    "hold_agreement(uuid)": "portal_runtime",
    "agreement_parties_changed()": "",
    "spread_agreement_keys()": "",
    "note_agreement_event(uuid,uuid,uuid,text)": "",
    "accession_agreed(uuid)": "",
    "settle_agreement(uuid,uuid)": "",
    "agreement_signed()": "",
    "agreement_advised()": "",
    "order_agreement_event()": "",
    "apply_agreement_event()": "",
    "tell_agency_of_agreement(uuid,text[],uuid,text,text,uuid,date)": "",
    "agreement_concerns(uuid)": "",
    "tell_of_agreement_event()": "",
    "agreement_receiving(uuid,timestamptz)": "",
    "agreement_gates(uuid,timestamptz)": "",
    "agreement_ways(uuid,timestamptz,uuid,uuid,uuid)": "",
    "access_rules(int[],text,text[])": "portal_runtime",
    "access_missing(int[],int[],text[])": "portal_runtime",
}
CALLABLE: tuple[str, ...] = (
    "gateways_on(date)",
    "agreement_version_now(uuid,timestamptz)",
    "agreement_state(uuid,timestamptz)",
    "agreement_standing(uuid,timestamptz)",
    "agreement_answer(uuid,uuid,uuid,text,text[],timestamptz)",
    "agreement_for(uuid,uuid,text,text[],timestamptz)",
    "agreement_near(uuid,uuid,text,text[],timestamptz)",
    "access_decision(int[],text[])",
    "access_powers(text,text[])",
)
"""They run with the caller's own rights: a request learns of its agency's agreements only."""


def sees_agreement(caller: Caller, lead: UUID, parties: set[UUID]) -> bool:
    """The row rule in Python: the matrix test's oracle. `parties` are those named and not let go
    again before they joined.
    """
    named = caller.agency_id == lead or caller.agency_id in parties
    return caller.can(Scope.INITIATIVES_READ) and named


def may_draft(caller: Caller) -> None:
    """Begin an agreement for one's own agency."""
    if not caller.can(Scope.AGREEMENTS_DRAFT):
        raise NotAllowed(
            "Only a data protection lead or a single point of contact drafts agreements.",
            rule="agreement.drafts",
            granted_by="your agency's administrator",
        )


def may_lead(caller: Caller, agreement: Agreement) -> None:
    """Write it, name its parties, send it, interrupt and end it."""
    may_draft(caller)
    if agreement.lead_agency_id != caller.agency_id:
        raise NotAllowed(
            "Only the agency that leads this agreement can do this to the whole of it. For your"
            " own agency's part you can suspend or leave.",
            rule="agreement.lead_keeps",
            granted_by="a data protection lead or single point of contact of the lead agency",
        )


def may_move_party(caller: Caller, agreement: Agreement, party: AgreementParty) -> None:
    """Suspend a part or let it go on: its own agency's, or that of the agreement's lead."""
    may_draft(caller)
    if caller.agency_id not in {agreement.lead_agency_id, party.agency_id}:
        raise NotAllowed(
            "Only the party itself or the agency that leads the agreement can do this.",
            rule="agreement.own_part",
            granted_by="the party itself, or the agency that leads the agreement",
        )


def may_leave(caller: Caller, party: AgreementParty) -> None:
    """Leave for one's own agency."""
    may_draft(caller)
    if caller.agency_id != party.agency_id:
        raise NotAllowed(
            "A party leaves by its own word. The lead can suspend it.",
            rule="agreement.own_part",
            granted_by="the party itself",
        )


def may_change_gateways(caller: Caller) -> None:
    """Say, with a second person, what a legal power permits and until when."""
    if not caller.can(Scope.AGREEMENTS_ADVISE):
        raise NotAllowed(
            "Only a data protection lead can change what a legal power permits, with a second one.",
            rule="gateway.data_protection_leads_change",
            granted_by="your agency's administrator",
        )
    may_propose(caller)


def may_advise(caller: Caller) -> None:
    """Advise one's own agency whether to sign."""
    if caller.kind != "membership" or not caller.can(Scope.AGREEMENTS_ADVISE):
        raise NotAllowed(
            "Only a data protection lead, in person, advises on an agreement.",
            rule="agreement.data_protection_lead_advises",
            granted_by="your agency's administrator",
        )


def may_sign(caller: Caller) -> None:
    """Sign, or let a further party in, for one's own agency."""
    if caller.can(Scope.AGREEMENTS_ADVISE):
        raise NotAllowed(
            "Whoever advises on data protection signs for nobody: ask an authorised signatory.",
            rule="agreement.adviser_does_not_sign",
            granted_by="nobody; an authorised signatory of your agency can sign",
        )
    if not caller.can(Scope.AGREEMENTS_SIGN):
        raise NotAllowed(
            "Only an authorised signatory signs for their agency.",
            rule="agreement.signatory_signs",
            granted_by="your agency's administrator",
        )
