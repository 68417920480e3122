"""The sheet Initiatives: what a row logs or changes, under the rules of the API's own verbs."""

from collections import deque
from typing import Any
from uuid import UUID, uuid4

from portal.acting.work import reference
from portal.frameworks.mapping import LINK_LIMIT, check_themes
from portal.frameworks.tables import InitiativeEntry, InitiativeTheme
from portal.initiatives import access
from portal.initiatives.checks import check_areas, describe, tidy
from portal.initiatives.stages import MOVES, REASON_LIMIT, REOPENING
from portal.initiatives.tables import (
    Initiative,
    InitiativeArea,
    Rating,
    RatingSet,
    Stage,
    StageMove,
    Timing,
    Visibility,
)
from portal.sheets.cells import as_cell
from portal.sheets.plan import REFERENCE, Line, Outcome, key_id, values
from portal.sheets.world import Entry

PLAIN = (
    "title", "summary", "audience", "place", "timing", "starts_on", "ends_on", "review_on",
    "timing_source", "equality_impact", "equality_reviewed_on", "visibility", "source",
)  # fmt: skip
NEVER_EMPTY = frozenset({"timing", "visibility"})
"""An empty cell of these leaves what there is."""
LINKS = (
    ("areas", InitiativeArea, "area_code"),
    ("themes", InitiativeTheme, "theme_id"),
    ("framework_entries", InitiativeEntry, "entry_id"),
)


def check_initiative(line: Line) -> Outcome:
    """Log it or change it."""
    text = line.needed("initiative")
    key = line.plan.key(text)
    known = line.plan.entries.get(key)
    if known is not None:
        return _change(line, known)
    try:
        return _log(line, text, key)
    finally:
        # Once it is clear whose it is, what hangs on it is looked at, too: all faults at once.
        if key not in line.plan.entries:
            line.plan.passed.add(key)


def _log(line: Line, text: str, key: str) -> Outcome:
    plan = line.plan
    if REFERENCE.fullmatch(text) and not plan.options.elsewhere:
        raise line.unknown(text)
    lead = line.agency("lead") or plan.caller.agency_id
    if lead != plan.caller.agency_id:
        return _not_ours(line, lead, key)
    access.may_start(plan.caller)
    initiative = Initiative(
        id=key_id(plan.caller.agency_id, text), reference=reference("VG"), title="",
        lead_agency_id=lead, created_at=plan.now, updated_at=plan.now,
    )  # fmt: skip
    entry = Entry(initiative, new=True)
    plan.entries[key] = entry
    line.once(entry, "row")
    plan.add(entry, initiative)
    _move(line, entry)
    _describe(line, entry, {"title": None, **_given(line, entry)})
    _rate(line, entry)
    _link(line, entry)
    return Outcome.CREATED


def _not_ours(line: Line, lead: UUID, key: str) -> Outcome:
    """Another agency leads it, and logs it."""
    line.plan.passed.add(key)
    if line.plan.options.mine:
        return Outcome.LEFT
    name = line.plan.world.agency[lead].name
    raise line.stop(
        "lead",
        f"{name} leads it, and only its own coordinators can log it.",
        "Leave the row to them: import with --mine, or take the row out.",
        "initiative.lead_logs",
    )


def _change(line: Line, entry: Entry) -> Outcome:
    line.once(entry, "row")
    plan, initiative = line.plan, entry.row
    ours = initiative.lead_agency_id == plan.caller.agency_id
    if plan.options.mine and not ours:
        plan.passed.add(line.plan.key(line.get("initiative")))
        return Outcome.LEFT
    _check_lead(line, initiative)
    _, version = line.record([initiative])
    before, was = values(initiative), initiative.version
    _move(line, entry)
    _describe(line, entry, _given(line, entry))
    rated = _rate(line, entry)
    linked = _link(line, entry)
    if values(initiative) == before and not rated and not linked:
        return Outcome.UNCHANGED
    access.may_lead(plan.caller, initiative)
    line.fresh(version, initiative)
    initiative.version = was
    plan.changed[Initiative].append(initiative)
    return Outcome.CHANGED


def _check_lead(line: Line, initiative: Initiative) -> None:
    lead = line.agency("lead")
    if lead is not None and lead != initiative.lead_agency_id:
        line.fault(
            "lead",
            f"{line.plan.world.agency[initiative.lead_agency_id].name} leads it.",
            "Write that; the lead is handed over in the portal.",
        )


def _given(line: Line, entry: Entry) -> dict[str, Any]:
    """What the file says otherwise than the initiative; empty words for a state leave it."""
    given = line.differing(entry.row, **{name: name for name in PLAIN})
    given = {k: v for k, v in given.items() if v is not None or k not in NEVER_EMPTY}
    if entry.new:
        given.setdefault("timing", line.get("timing") or _timing(line))
        given.setdefault("visibility", Visibility.DRAFT)
    team = _lead_team(line, entry.row.lead_agency_id)
    if line.has("lead_team") and team != entry.row.lead_team_id:
        given["lead_team_id"] = team
    return given


def _timing(line: Line) -> Timing:
    if line.get("timing_source") is not None:
        return Timing.UNKNOWN
    return Timing.OPEN_ENDED if line.get("review_on") is not None else Timing.DATED


def _lead_team(line: Line, lead: UUID) -> UUID | None:
    found = line.find("lead_team", line.plan.world.teams[lead])
    if found is None:
        return None
    ended = line.plan.world.team[found].ended_on
    if ended is not None and ended <= line.plan.today:
        line.fault("lead_team", f"This team ended on {ended}.", "Choose one that takes work.")
    return found


def _describe(line: Line, entry: Entry, given: dict[str, Any]) -> None:
    initiative = entry.row
    source = given.pop("source", initiative.source)
    findings = describe(initiative, given, line.plan.now)  # type: ignore[arg-type]
    initiative.source = source
    line.findings(findings)


def _move(line: Line, entry: Entry) -> None:
    """Step by step from the stage where it is, as people would; each step is recorded."""
    initiative, to = entry.row, line.get("stage")
    if to is None or to is initiative.stage:
        return
    path = _path(initiative.stage, to)
    if not path:
        raise line.stop(
            "stage",
            f"It is {initiative.stage} and cannot become {to} by an import.",
            "Move it in the portal, where reopening it asks for a reason.",
        )
    for before, after in zip((initiative.stage, *path), path, strict=False):
        step = StageMove(
            initiative_id=initiative.id, from_stage=before, to_stage=after, **_by(line, "moved")
        )
        line.plan.add(entry, step)
    initiative.stage = to


def _path(start: Stage, goal: Stage) -> tuple[Stage, ...]:
    """The shortest way along the moves that need no reason."""
    ways: deque[tuple[Stage, ...]] = deque([(start,)])
    met = {start}
    while ways:
        way = ways.popleft()
        if way[-1] is goal:
            return way[1:]
        for stage in MOVES[way[-1]]:
            if stage not in met and (way[-1], stage) not in REOPENING:
                met.add(stage)
                ways.append((*way, stage))
    return ()


def _by(line: Line, did: str) -> dict[str, Any]:
    plan = line.plan
    return {
        "id": uuid4(),
        f"{did}_by_id": plan.caller.principal_id,
        f"{did}_by_agency_id": plan.caller.agency_id,
        f"{did}_at": plan.now,
        "updated_at": plan.now,
    }


def _rate(line: Line, entry: Entry) -> bool:
    """Whether it is rated anew: another rating, or the same for another reason."""
    initiative = entry.row
    rating = line.get("rating") or initiative.rating
    given = line.get("rating_reason")
    column = line.sheet.at("rating_reason")
    same_reason = given is None or as_cell(column, given) == as_cell(column, entry.reason)
    if rating is initiative.rating and same_reason:
        return False
    needed = "Say why it is red, and what would help." if rating is Rating.RED else None
    said, findings = tidy("reason", given or "", REASON_LIMIT, lines=True, needed=needed)
    line.findings(findings)
    rating_set = RatingSet(
        initiative_id=initiative.id, rating=rating, reason=said, **_by(line, "set")
    )
    line.plan.add(entry, rating_set)
    initiative.rating, entry.reason = rating, said
    return True


def _link(line: Line, entry: Entry) -> bool:
    """Cover these areas, have these themes, serve these entries, and no others."""
    world, changed = line.plan.world, False
    wanted: dict[str, list[Any] | None] = {
        "areas": line.find_all("areas", world.areas),
        "themes": line.find_all("themes", world.themes),
        "framework_entries": line.find_all("framework_entries", world.entries),
    }
    _check_links(line, entry, wanted)
    for name, model, attribute in LINKS:
        asked = wanted[name]
        held = {getattr(row, attribute): row for row in entry.of(model)}
        if asked is None or held.keys() == {*asked}:
            continue
        changed = True
        line.plan.removed[model] += [row.id for value, row in held.items() if value not in asked]
        for value in asked:
            if value not in held:
                link = {"id": uuid4(), "initiative_id": entry.row.id, attribute: value}
                line.plan.add(entry, model(**link, updated_at=line.plan.now))
    return changed


def _check_links(line: Line, entry: Entry, wanted: dict[str, list[Any] | None]) -> None:
    covered = {row.area_code for row in entry.of(InitiativeArea)}
    line.findings(check_areas(wanted["areas"] or (), {*line.plan.world.valid_areas, *covered}))
    for name in ("themes", "framework_entries"):
        if len(wanted[name] or ()) > LINK_LIMIT:
            line.fault(name, f"There are more than {LINK_LIMIT}.", "Keep those that matter most.")
    held = {row.theme_id for row in entry.of(InitiativeTheme)}
    asked = [line.plan.world.theme[each] for each in wanted["themes"] or ()]
    line.findings(check_themes(asked, held, line.plan.today))
