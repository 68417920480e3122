"""Who proposes reference data, and who may be the second person; a trigger holds it, too."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import SQLModel

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.store.rules import RowRule, everyone, table_of, tracked

IN_OWN_NAME = "proposed_by_id = (SELECT caller_principal())"
KEEPERS = "(SELECT caller_can('frameworks:manage'))"
"""Who proposes what differs by area and date, and who answers: programme leads."""


def changed_by_two(  # noqa: PLR0913 - a rule has this many sides
    model: type[SQLModel],
    says: str,
    *,
    who: str,
    also: str = "true",
    later: Sequence[str] = (),
    keeps: str = "false",
    triggers: tuple[str, ...] = (),
) -> RowRule:
    """Reference data: everyone sees it; `who` proposes and answers, and `also` must be true of what
    is proposed. Once it is confirmed only the columns `later` change, by whom `keeps` lets.
    """
    columns = ", ".join(f"'{column}'" for column in later)
    checked = (
        f"CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON {table_of(model).name}"
        f" FOR EACH ROW EXECUTE FUNCTION check_proposal({columns})"
    )
    return everyone(
        model,
        says,
        add=f"({who}) AND ({also}) AND state = 'proposed' AND {IN_OWN_NAME}",
        change=f"({who}) AND state = 'proposed' OR ({keeps}) AND state = 'confirmed'",
        check=f"({who}) AND state <> 'proposed'",
        triggers=(checked, *tracked(model), *triggers),
    )


def comes_with(
    model: type[SQLModel], parent: type[SQLModel], says: str, triggers: tuple[str, ...] = ()
) -> RowRule:
    """A row of a list that is proposed whole, in the moment in which the list is."""
    to, of = table_of(parent).name, table_of(model).name
    return everyone(
        model,
        says,
        add=f"{KEEPERS} AND EXISTS (SELECT FROM {to} p WHERE p.id = {of}.{to}_id"
        f" AND p.state = 'proposed' AND p.{IN_OWN_NAME} AND p.updated_at = (SELECT caller_now()))",
        triggers=triggers,
    )


def may_keep(caller: Caller) -> None:
    """Propose what differs by area and date, or decline it."""
    if not caller.can(Scope.FRAMEWORKS_MANAGE):
        raise NotAllowed(
            "Only a programme lead can change what holds in an area, with a second one.",
            rule="reference.programme_leads_change_it",
            granted_by="your agency's administrator",
        )
    may_propose(caller)


def may_propose(caller: Caller) -> None:
    """Propose reference data, or decline it; a program may when it acts for somebody."""
    if caller.person_id is None:
        raise NotAllowed(
            "What holds for everybody is changed by people, not by a program of its own accord.",
            rule="reference.people_change_it",
            granted_by="a person who signs in, or lets the program act for them",
        )


def may_confirm(caller: Caller, proposer: UUID | None) -> None:
    """Confirm what another person has proposed."""
    if caller.person_id is None or proposer is None or caller.person_id == proposer:
        raise NotAllowed(
            "Another person must confirm this: whoever changes reference data changes it for all.",
            rule="reference.second_person",
            granted_by="somebody else who could propose it",
        )
