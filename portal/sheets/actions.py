"""The sheet Actions: what teams of the lead and of its partners do."""

from typing import Any
from uuid import UUID, uuid4

from portal.acting.checks import length_fault, one_line, reason_fault
from portal.actions import access
from portal.actions.tables import UNFINISHED, Action, ActionMove, ActionState
from portal.actions.verbs import check_action, must_take_part
from portal.errors import Finding
from portal.sheets.plan import Line, Outcome
from portal.sheets.world import Entry

FIELDS = {"title": "title", "detail": "detail", "due_on": "due_on", "evidence_link": "evidence_url"}


def check_action_row(line: Line) -> Outcome:
    """Add an action, change it, or report on it."""
    entry = line.entry()
    line.needed("title")
    known, version = line.record(entry.of(Action))
    if known is None:
        known = _same_title(line, entry)
    if known is None:
        return _add(line, entry)
    line.once(entry, known.id)
    given = line.differing(known, **FIELDS)
    owner = _owner(line, known.owner_agency_id) if line.has("team") else known.owner_team_id
    settles = _settles(line, known)
    if not given and owner == known.owner_team_id and not settles:
        return Outcome.UNCHANGED
    access.may_update(line.plan.caller, entry.row, known, entry.taking_part)
    line.fresh(version, known)
    _reassign(line, entry, known, owner)
    _write(line, known, given)
    if settles:
        _settle(line, entry, known, known.version + 1)
    line.plan.changed[Action].append(known)
    return Outcome.CHANGED


def _same_title(line: Line, entry: Entry) -> Action | None:
    wanted = line.get("title").casefold()
    alike = [known for known in entry.of(Action) if one_line(known.title).casefold() == wanted]
    if len(alike) < 2:
        return line.closest(entry, alike, lambda _: 0)

    def alikeness(known: Action) -> int:
        told = known.done_note or known.not_done_reason
        state = line.get("state") or ActionState.OPEN
        return sum((
            4 * (known.state is state), 2 * (known.due_on == line.get("due_on")),
            told == line.get("note"), -len(line.differing(known, **FIELDS)),
        ))  # fmt: skip

    return line.closest(entry, alike, alikeness)


def _add(line: Line, entry: Entry) -> Outcome:
    plan, initiative = line.plan, entry.row
    owner = _owner(line, plan.caller.agency_id)
    due_on = line.needed("due_on")
    team = plan.world.team[owner]
    access.may_add(plan.caller, initiative, team.agency_id, entry.taking_part)
    must_take_part(team, entry.taking_part)
    action = Action(
        id=uuid4(), initiative_id=initiative.id, title="", owner_team_id=team.id,
        owner_agency_id=team.agency_id, due_on=due_on, created_by_id=plan.caller.principal_id,
        created_at=plan.now, updated_at=plan.now,
    )  # fmt: skip
    _write(line, action, {attribute: line.get(name) for name, attribute in FIELDS.items()})
    plan.add(entry, action)
    line.once(entry, action.id)
    if line.get("state") not in {None, ActionState.OPEN} or _told(line):
        _settle(line, entry, action, 1)
    return Outcome.CREATED


def _owner(line: Line, usual: UUID) -> UUID:
    """The team that does it."""
    world = line.plan.world
    agency = line.agency("agency") or usual
    line.needed("team")
    team = line.find("team", world.teams[agency])
    if team is None:
        raise line.stop("team", "This names no team.", "Write the team's name.")
    ended = world.team[team].ended_on
    if ended is not None and ended <= line.plan.today:
        line.fault("team", f"This team ended on {ended}.", "Choose one that takes work.")
    return team


def _reassign(line: Line, entry: Entry, action: Action, owner: UUID) -> None:
    if owner == action.owner_team_id:
        return
    team = line.plan.world.team[owner]
    access.may_reassign(line.plan.caller, entry.row, action, team.agency_id, entry.taking_part)
    must_take_part(team, entry.taking_part)
    action.allocated_to_id = None
    action.owner_team_id, action.owner_agency_id = team.id, team.agency_id


def _write(line: Line, action: Action, given: dict[str, Any]) -> None:
    said = {name: getattr(action, name) for name in FIELDS.values()}
    said |= {**given, "title": given.get("title") or said["title"]}
    line.findings(check_action(said["title"], said["detail"] or "", said["evidence_url"]))
    action.title, action.detail = one_line(said["title"]), (said["detail"] or "").strip()
    action.evidence_url = said["evidence_url"]
    if said["due_on"] is None:
        line.needed("due_on")
    action.due_on = said["due_on"]


def _told(line: Line) -> bool:
    return line.get("done_on") is not None or line.get("note") is not None


def _settles(line: Line, action: Action) -> bool:
    """Whether the file reports something new on it."""
    state = line.get("state") or action.state
    if state is not action.state:
        return True
    note = {ActionState.DONE: "done_note", ActionState.NOT_DONE: "not_done_reason"}.get(state)
    if note is None:
        return _told(line)
    given = line.differing(action, done_on="done_on", note=note)
    if state is ActionState.NOT_DONE and line.get("done_on") is None:
        given.pop("done_on", None)
    return any(value is not None for value in given.values())


def _settle(line: Line, entry: Entry, action: Action, version: int) -> None:
    """Report how far it has come, as people do it step by step in the portal."""
    state = line.get("state") or action.state
    back = state is ActionState.OPEN and action.state is not ActionState.OPEN
    if action.state not in UNFINISHED or back:
        raise line.stop(
            "state",
            f"This action is {action.state.replace('_', ' ')}, and that stands.",
            "Reopen it in the portal, with a reason, if that was wrong.",
        )
    note = line.get("note")
    line.findings(_report_faults(line, state, note))
    if state is ActionState.DONE:
        action.done_on, action.done_note = line.get("done_on") or line.plan.today, note
    elif state is ActionState.NOT_DONE:
        action.not_done_reason = note
    action.state = state
    move = ActionMove(
        id=uuid4(), initiative_id=entry.row.id, action_id=action.id, action_version=version,
        state=state, note=note, moved_by_id=line.plan.caller.principal_id,
        moved_by_agency_id=line.plan.caller.agency_id, moved_at=line.plan.now,
        updated_at=line.plan.now,
    )  # fmt: skip
    line.plan.add(entry, move)


def _report_faults(line: Line, state: ActionState, note: str | None) -> list[Finding]:
    day = line.get("done_on")
    faults = []
    if state is ActionState.NOT_DONE:
        faults.append(reason_fault("note", note or ""))
    else:
        faults.append(length_fault("note", note, 2000))
    if day is not None and state is not ActionState.DONE:
        faults.append(Finding(("doneOn",), "It is not done. Empty the cell, or say it is done."))
    if day is not None and day > line.plan.today:
        ahead = "An action cannot be done on a day to come. Give the day it was done."
        faults.append(Finding(("doneOn",), ahead))
    if note is not None and state in UNFINISHED:
        says = "A note goes with what is done or not done. Empty the cell, or use the detail."
        faults.append(Finding(("note",), says))
    return [fault for fault in faults if fault is not None]
