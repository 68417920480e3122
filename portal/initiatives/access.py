"""Who sees an initiative, and who may do what with it and with what hangs on it."""

from dataclasses import replace
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.initiatives import tables
from portal.initiatives.tables import Initiative, Partner, PartnerState, Visibility
from portal.store.rules import HELD, RowRule, follows, table_of, tracked

LEADS = "lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('initiatives:edit'))"
CONTRIBUTES = f"{HELD} AND (SELECT caller_can('initiatives:contribute'))"


def led(table: str) -> str:
    """The condition on a row of `table`: a coordinator of its initiative's lead is writing it."""
    lead = f"SELECT i.lead_agency_id FROM initiative i WHERE i.id = {table}.initiative_id"  # noqa: S608 - our own names
    return (
        f"{HELD} AND (SELECT caller_can('initiatives:edit'))"
        f" AND ({lead}) = (SELECT caller_agency())"
    )


def takes_part(table: str, agency: str = "(SELECT caller_agency())") -> str:
    """The condition on a row of `table`: this agency leads its initiative or is committed to it."""
    of = f"initiative_id = {table}.initiative_id"
    return (
        f"{agency} IN (SELECT i.lead_agency_id FROM initiative i WHERE i.id = {table}.initiative_id"  # noqa: S608 - our own names
        f" UNION ALL SELECT p.agency_id FROM partner p WHERE p.{of} AND p.state = 'committed')"
    )


LED_PARTNER = led("partner")
OWN_PARTNER = "agency_id = (SELECT caller_agency())"
EDITS = "(SELECT caller_can('initiatives:edit'))"
# A contributor offers, and takes an offer back; all else binds the agency. Which step may follow
# which, a trigger knows: check_partner_move().
OFFERS = f"{OWN_PARTNER} AND (state = 'offered' OR {EDITS})"
OFFERED = f"{OWN_PARTNER} AND (state IN ('offered', 'declined', 'left') OR {EDITS})"
LEAVES = f"{OWN_PARTNER} AND (state IN ('offered', 'left') OR {EDITS})"

_partners = follows(
    tables.Partner,
    "Whoever sees the initiative.",
    add=f"{CONTRIBUTES} AND ({LED_PARTNER} OR {OFFERS})",
    change=f"{CONTRIBUTES} AND ({LED_PARTNER} OR {OFFERED})",
)
_partners = replace(
    _partners,
    check=f"{CONTRIBUTES} AND ({LED_PARTNER} OR {LEAVES})",
    triggers=(
        *_partners.triggers,
        "CREATE TRIGGER c_move BEFORE UPDATE ON partner"
        " FOR EACH ROW EXECUTE FUNCTION check_partner_move()",
    ),
)

RULES = (
    RowRule(
        table_of(Initiative),
        "A draft: its lead. Then, step by step: its partners, the partnership, everyone signed in.",
        HELD,
        add=LEADS,
        change=f"{HELD} AND {LEADS}",
        check=HELD,
        remove=f"{HELD} AND {LEADS} AND visibility = 'draft' AND sent_at IS NULL",
        triggers=(
            "CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON initiative"
            " FOR EACH ROW EXECUTE FUNCTION set_initiative_keys()",
            *tracked(Initiative, "id"),
        ),
    ),
    follows(
        tables.InitiativeArea,
        "Whoever sees the initiative.",
        add=led("initiative_area"),
        change=None,
        remove=led("initiative_area"),
    ),
    _partners,
    follows(tables.StageMove, "Whoever sees the initiative.", add=led("stage_move"), change=None),
    follows(tables.RatingSet, "Whoever sees the initiative.", add=led("rating_set"), change=None),
)

TRIGGERS = (
    "CREATE TRIGGER y_partners AFTER INSERT OR UPDATE OR DELETE ON partner"
    " FOR EACH ROW EXECUTE FUNCTION partner_changed()",
)

DEFINERS: dict[str, str] = {
    "initiative_keys(uuid,uuid,text)": "",
    "initiative_acl(uuid)": "",
    "keep_initiative_keys(uuid,boolean)": "",
    "hold_initiative(uuid,boolean)": "portal_runtime",
    "heard_since(uuid,uuid,timestamptz)": "portal_runtime",
    "set_initiative_keys()": "",
    "initiative_child_keys()": "",
    "partner_changed()": "",
    "spread_initiative_keys()": "",
}


def sees(
    caller: Caller, initiative: Initiative, partners: set[UUID], *, in_partnership: bool
) -> bool:
    """The row rule in Python: the matrix test's oracle. `partners` are those asked or committed."""
    if initiative.visibility is Visibility.PUBLIC:
        return True
    if not caller.can(Scope.INITIATIVES_READ):
        return False
    if initiative.lead_agency_id == caller.agency_id:
        return True
    if initiative.visibility is Visibility.PARTNERSHIP and in_partnership:
        return True
    return initiative.visibility is not Visibility.DRAFT and caller.agency_id in partners


def leads(caller: Caller, initiative: Initiative) -> bool:
    """Whether the caller is a coordinator of the lead agency: they edit everything."""
    return initiative.lead_agency_id == caller.agency_id and caller.can(Scope.INITIATIVES_EDIT)


def contributes(caller: Caller, agency: UUID) -> bool:
    """Whether the caller may contribute on behalf of this agency."""
    return caller.agency_id == agency and caller.can(Scope.INITIATIVES_CONTRIBUTE)


def may_lead(caller: Caller, initiative: Initiative) -> None:
    """Edit the initiative itself, its partners, funding, milestones, measures and rating."""
    if not leads(caller, initiative):
        raise NotAllowed(
            "Only a coordinator of the lead agency can change this initiative.",
            rule="initiative.lead_edits",
            granted_by="an initiative coordinator of the lead agency",
        )


def may_start(caller: Caller) -> None:
    """Log a new initiative for one's own agency."""
    if not caller.can(Scope.INITIATIVES_EDIT):
        raise NotAllowed(
            "Only an initiative coordinator or a programme lead can log an initiative.",
            rule="initiative.coordinator_starts",
            granted_by="your agency's administrator",
        )


def may_contribute(caller: Caller) -> None:
    """Comment, offer, update one's own agency's part."""
    if not caller.can(Scope.INITIATIVES_CONTRIBUTE):
        raise NotAllowed(
            "Your role can read initiatives and cannot contribute to them.",
            rule="initiative.contributor",
            granted_by="your agency's administrator",
        )


def may_leave(caller: Caller, partner: Partner) -> None:
    """Leave for one's own agency; what it has only offered, whoever can offer can withdraw."""
    if partner.agency_id == caller.agency_id and partner.state is PartnerState.OFFERED:
        may_contribute(caller)
    else:
        may_answer(caller, partner)


def may_answer(caller: Caller, partner: Partner) -> None:
    """Accept, decline or leave: it binds the agency, so its own coordinator does it."""
    if partner.agency_id != caller.agency_id or not caller.can(Scope.INITIATIVES_EDIT):
        raise NotAllowed(
            "Only a coordinator of the partner itself can answer or leave for it.",
            rule="partner.own_coordinator_answers",
            granted_by="an initiative coordinator of that partner",
        )
