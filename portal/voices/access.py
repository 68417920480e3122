"""Who sees comments and consultations, and who may write them and take them back."""

from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.changes.access import OWN_AGENCIES, READS
from portal.errors import NotAllowed
from portal.initiatives.access import CONTRIBUTES, contributes, leads, led, takes_part
from portal.initiatives.tables import Initiative
from portal.store.rules import HELD, RowRule, follows, table_of, tracked
from portal.voices.tables import Audience, Comment, SurvivorConsultation

OWN = f"agency_id = ANY {OWN_AGENCIES}"
SEEN = f"{HELD} AND (audience = 'partners' OR {OWN} AND {READS})"
ADDS = f"{CONTRIBUTES} AND agency_id = (SELECT caller_agency())"
CHANGES = f"{CONTRIBUTES} AND {OWN}"
TAKES_PART = takes_part("survivor_consultation")

RULES = (
    RowRule(
        table_of(Comment),
        "To partners: whoever sees the initiative. To my agency: the author's agency, for as long"
        " as it sees the initiative.",
        SEEN,
        add=f"{ADDS} AND author_id = (SELECT caller_principal()) AND withdrawn_at IS NULL",
        change=CHANGES,
        triggers=(
            "CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON comment"
            " FOR EACH ROW EXECUTE FUNCTION initiative_child_keys()",
            "CREATE TRIGGER c_stands BEFORE UPDATE ON comment"
            " FOR EACH ROW EXECUTE FUNCTION comment_stands()",
            *tracked(Comment, "initiative_id", kept=True),
            "CREATE TRIGGER zz_keep AFTER UPDATE OF withdrawn_at ON comment"  # after z_record
            " FOR EACH ROW EXECUTE FUNCTION keep_withdrawn_comment()",
        ),
    ),
    follows(
        SurvivorConsultation,
        "Whoever sees the initiative.",
        add=f"{ADDS} AND recorded_by_id = (SELECT caller_principal()) AND {TAKES_PART}",
        change=f"{CHANGES} OR {led('survivor_consultation')}",
    ),
)

DEFINERS: dict[str, str] = {"keep_withdrawn_comment()": ""}


def sees_comment(
    caller: Caller, comment: Comment, own: frozenset[UUID], *, sees_initiative: bool
) -> bool:
    """The row rule of comments in Python: the oracle of the matrix test.

    `own` are the caller's agency and those it took over from.
    """
    if not sees_initiative or comment.audience is Audience.PARTNERS:
        return sees_initiative
    return comment.agency_id in own and caller.can(Scope.INITIATIVES_READ)


def may_withdraw(caller: Caller, comment: Comment, own: frozenset[UUID]) -> None:
    """Take back a comment of one's own agency."""
    if comment.agency_id not in own or not caller.can(Scope.INITIATIVES_CONTRIBUTE):
        raise NotAllowed(
            "Only contributors of the author's agency can withdraw this comment.",
            rule="comment.own_agency_withdraws",
            granted_by="a contributor of the author's agency",
        )


def may_record(caller: Caller, taking_part: frozenset[UUID]) -> None:
    """Record a consultation: the lead and its committed partners."""
    if caller.agency_id not in taking_part or not contributes(caller, caller.agency_id):
        raise NotAllowed(
            "Only contributors of the lead and of committed partners can record a consultation.",
            rule="consultation.taking_part_records",
            granted_by="an initiative coordinator of the lead agency",
        )


def may_correct(
    caller: Caller, initiative: Initiative, record: SurvivorConsultation, own: frozenset[UUID]
) -> None:
    """Change a consultation's record: the agency that recorded it, and the lead's coordinators."""
    recorded = record.agency_id in own and caller.can(Scope.INITIATIVES_CONTRIBUTE)
    if not recorded and not leads(caller, initiative):
        raise NotAllowed(
            "Only the lead's coordinators and the agency that recorded this consultation can"
            " change it.",
            rule="consultation.recorder_changes",
            granted_by="the agency that recorded it, or the lead's initiative coordinator",
        )
