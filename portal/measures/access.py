"""Who sees definitions, measures and figures, and who may define, use, record and correct."""

from dataclasses import replace
from uuid import UUID

from auth.caller import Caller
from auth.roles import Scope
from portal.changes.access import OWN_AGENCIES
from portal.errors import NotAllowed
from portal.initiatives.access import CONTRIBUTES, contributes, leads, led, takes_part
from portal.initiatives.tables import Initiative
from portal.measures import tables
from portal.measures.tables import MeasureDefinition, Observation
from portal.proposals.access import changed_by_two, may_propose
from portal.store.rules import follows

MINE = "recorded_by_agency_id = (SELECT caller_agency())"
EDITS = "(SELECT caller_can('initiatives:edit'))"
OWN = "defined_by_agency_id = (SELECT caller_agency())"
TAKEN_OVER = f"defined_by_agency_id = ANY {OWN_AGENCIES}"
KEEPS = "(SELECT caller_can('frameworks:manage'))"

_figures = follows(
    Observation,
    "Whoever sees the initiative.",
    add=f"{CONTRIBUTES} AND {MINE} AND {takes_part('observation')}",
    change=None,  # a figure is corrected by another figure
)

RULES = (
    changed_by_two(
        MeasureDefinition,
        "Every signed-in caller; two people add one.",
        who=f"{EDITS} OR {KEEPS}",
        also=OWN,
        later=("retired_on",),
        keeps=f"{TAKEN_OVER} AND {EDITS} OR {KEEPS}",
    ),
    follows(
        tables.Measure, "Whoever sees the initiative.", add=led("measure"), change=led("measure")
    ),
    replace(
        _figures,
        triggers=(
            *_figures.triggers,
            "CREATE TRIGGER c_supersede BEFORE INSERT ON observation"
            " FOR EACH ROW EXECUTE FUNCTION supersede_observation()",
        ),
    ),
)

DEFINERS: dict[str, str] = {"supersede_observation()": ""}


def may_define(caller: Caller) -> None:
    """Define what is counted, for everybody to use."""
    _may_say_what_is_counted(caller)
    may_propose(caller)


def _may_say_what_is_counted(caller: Caller) -> None:
    if not caller.can(Scope.INITIATIVES_EDIT):
        raise NotAllowed(
            "Only an initiative coordinator or a programme lead can define what is counted.",
            rule="measure.coordinator_defines",
            granted_by="your agency's administrator",
        )


def may_answer(caller: Caller) -> None:
    """Confirm or decline what somebody has defined: anybody who could define it, or keeps lists."""
    if not caller.can(Scope.FRAMEWORKS_MANAGE):
        _may_say_what_is_counted(caller)


def may_keep(caller: Caller, definition: MeasureDefinition, own: frozenset[UUID]) -> None:
    """Bring out a new edition, or retire one: others may be counting by it.

    `own` are the caller's agency and those it took over from.
    """
    its_own = definition.defined_by_agency_id in own
    if not (its_own and caller.can(Scope.INITIATIVES_EDIT)) and not caller.can(
        Scope.FRAMEWORKS_MANAGE
    ):
        raise NotAllowed(
            "Only a coordinator of the agency that defined it, or a programme lead, can do this.",
            rule="measure.definer_keeps",
            granted_by="the agency that defined it, or the programme lead",
        )


def may_record(caller: Caller, taking_part: frozenset[UUID]) -> None:
    """Record a figure: contributors of the lead and of partners that have committed themselves."""
    if caller.agency_id not in taking_part or not contributes(caller, caller.agency_id):
        raise NotAllowed(
            "Only contributors of the lead and of committed partners can record figures.",
            rule="measure.taking_part_records",
            granted_by="an initiative coordinator of the lead agency",
        )


def may_correct(
    caller: Caller, initiative: Initiative, observation: Observation, own: frozenset[UUID]
) -> None:
    """Correct a figure: the agency that recorded it, or the lead's coordinators.

    `own` are the caller's agency and those it took over from.
    """
    if not leads(caller, initiative) and observation.recorded_by_agency_id not in own:
        raise NotAllowed(
            "Only the agency that recorded it, or a coordinator of the lead, can correct a figure.",
            rule="measure.recorder_corrects",
            granted_by="the agency that recorded it, or the lead's initiative coordinator",
        )
