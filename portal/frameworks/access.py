"""Who sees themes, frameworks, the local plan and self-assessments, and who may change them."""

from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.frameworks import tables
from portal.initiatives.access import led
from portal.proposals.access import IN_OWN_NAME, changed_by_two, may_propose
from portal.store.rules import HELD, RowRule, everyone, follows, recorded, table_of, tracked

MANAGES = "(SELECT caller_can('frameworks:manage'))"
READS_WORK = "Whoever reads initiatives for an agency of the partnership."
OWN_ASSESSMENT = (
    "agency_id = (SELECT caller_agency()) AND by_id = (SELECT caller_principal())"
    " AND (SELECT caller_can('initiatives:edit'))"
    " AND EXISTS (SELECT FROM framework_entry e JOIN framework_version v"
    " ON v.id = e.framework_version_id WHERE e.id = self_assessment.entry_id AND v.self_assessed)"
)


def _trigger(name: str, when: str, table: str, function: str) -> str:
    return f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"


RULES = (
    everyone(
        tables.Theme, "Every signed-in caller.", add=MANAGES, change=MANAGES,
        triggers=tracked(tables.Theme),
    ),
    everyone(
        tables.Framework, "Every signed-in caller.", triggers=(recorded(tables.Framework),)
    ),
    changed_by_two(
        tables.FrameworkVersion, "Every signed-in caller; two people add one.", who=MANAGES,
        triggers=(
            "CREATE TRIGGER zz_begins AFTER UPDATE ON framework_version FOR EACH ROW"
            " WHEN (OLD.state = 'proposed' AND NEW.state = 'confirmed')"
            " EXECUTE FUNCTION framework_version_begins()",
        ),
    ),
    everyone(
        tables.FrameworkEntry, "Every signed-in caller; it comes with its version.",
        add=f"{MANAGES} AND EXISTS (SELECT FROM framework_version v"
        " WHERE v.id = framework_version_id AND v.state = 'proposed'"
        f" AND v.{IN_OWN_NAME} AND v.updated_at = (SELECT caller_now()))",
        triggers=(recorded(tables.FrameworkEntry),),
    ),
    follows(
        tables.InitiativeTheme, "Whoever sees the initiative.",
        add=led("initiative_theme"), change=None, remove=led("initiative_theme"),
    ),
    follows(
        tables.InitiativeEntry, "Whoever sees the initiative.",
        add=led("initiative_entry"), change=None, remove=led("initiative_entry"),
    ),
    RowRule(
        table_of(tables.PlanAction), READS_WORK, HELD, change=f"{HELD} AND {MANAGES}",
        triggers=(
            _trigger("a_keys", "BEFORE INSERT OR UPDATE", "plan_action", "set_partnership_keys"),
            *tracked(tables.PlanAction),
            "CREATE TRIGGER z_update AFTER UPDATE ON plan_action FOR EACH ROW"
            " WHEN (OLD.version IS DISTINCT FROM NEW.version)"
            " EXECUTE FUNCTION record_plan_update()",
        ),
    ),
    RowRule(
        table_of(tables.PlanUpdate), READS_WORK, HELD,
        triggers=(
            _trigger("a_keys", "BEFORE INSERT OR UPDATE", "plan_update", "set_partnership_keys"),
        ),
    ),
    RowRule(
        table_of(tables.SelfAssessment), f"{READS_WORK} And its own agency.", HELD,
        add=OWN_ASSESSMENT,
        triggers=(
            _trigger(
                "a_keys", "BEFORE INSERT OR UPDATE", "self_assessment", "set_self_assessment_keys"
            ),
            recorded(tables.SelfAssessment),
        ),
    ),
)  # fmt: skip

DEFINERS: dict[str, str] = {
    "set_partnership_keys()": "",
    "set_self_assessment_keys()": "",
    "record_plan_update()": "",
    "framework_version_begins()": "",
}


def sees_plan(caller: Caller, *, in_partnership: bool) -> bool:
    """The rule of plan actions and their updates in Python: the oracle of the matrix test."""
    return in_partnership and caller.can(Scope.INITIATIVES_READ)


def sees_assessment(caller: Caller, agency_id: UUID, *, in_partnership: bool) -> bool:
    """The rule of an agency's self-assessments in Python."""
    own = agency_id == caller.agency_id
    return caller.can(Scope.INITIATIVES_READ) and (own or in_partnership)


def may_manage(caller: Caller) -> None:
    """Keep the themes and the local plan."""
    if not caller.can(Scope.FRAMEWORKS_MANAGE):
        raise NotAllowed(
            "Only a programme lead can change themes, frameworks and the delivery plan's actions.",
            rule="framework.programme_lead_manages",
            granted_by="your agency's administrator",
        )


def may_propose_version(caller: Caller) -> None:
    """Propose how a framework reads, or decline it."""
    may_manage(caller)
    may_propose(caller)


def may_assess(caller: Caller) -> None:
    """Say for one's own agency how far it has come."""
    if not caller.can(Scope.INITIATIVES_EDIT):
        raise NotAllowed(
            "Only an initiative coordinator or a programme lead can assess their own agency.",
            rule="framework.own_assessment",
            granted_by="your agency's administrator",
        )
