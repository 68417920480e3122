"""The sheet Funding: an initiative's money."""

from typing import Any
from uuid import UUID, uuid4

from portal.funding.tables import FundingLine
from portal.funding.verbs import check_line, new_line
from portal.funding.years import year_label
from portal.initiatives.access import may_lead
from portal.sheets.plan import Line, Outcome
from portal.sheets.world import Entry

FIELDS = {
    "source": "source", "grant_reference": "grant_reference", "financial_year": "financial_year",
    "amount": "amount", "spent": "spent", "match_funding": "is_match", "note": "note",
}  # fmt: skip
Grant = tuple[str, str, int]


def grant_of(line: FundingLine) -> Grant:
    """By what a grant is known again."""
    named = (line.grant_reference or "").lower()
    return line.source.lower(), named, line.financial_year or 0


def check_funding(line: Line) -> Outcome:
    """Enter a sum, or change it."""
    entry = line.entry()
    line.needed("source")
    line.needed("amount")
    known, version = line.record(entry.of(FundingLine))
    if known is None:
        known = _same_line(line, entry)
    if known is None:
        return _enter(line, entry)
    line.once(entry, known.id)
    given = line.differing(known, **FIELDS)
    given = {k: v for k, v in given.items() if v is not None or k not in {"spent", "is_match"}}
    if not given:
        return Outcome.UNCHANGED
    may_lead(line.plan.caller, entry.row)
    line.fresh(version, known)
    asked: dict[str, Any] = {name: getattr(known, name) for name in FIELDS.values()}
    new = new_line(known.initiative_id, **{**asked, **given})
    _accept(line, entry, new, known.id)
    for name in given:
        setattr(known, name, getattr(new, name))
    line.plan.changed[FundingLine].append(known)
    return Outcome.CHANGED


def _enter(line: Line, entry: Entry) -> Outcome:
    may_lead(line.plan.caller, entry.row)
    new = _as_given(line, entry)
    new.id = uuid4()
    new.created_at = new.updated_at = line.plan.now
    line.once(entry, new.id)
    _accept(line, entry, new, new.id)
    line.plan.add(entry, new)
    return Outcome.CREATED


def _as_given(line: Line, entry: Entry) -> FundingLine:
    given = {attribute: line.get(name) for name, attribute in FIELDS.items()}
    return new_line(entry.row.id, **given)


def _same_line(line: Line, entry: Entry) -> FundingLine | None:
    """The line that this row is about; match funding may have several alike."""
    wanted = _as_given(line, entry)
    alike = [
        known
        for known in entry.of(FundingLine)
        if known.is_match == wanted.is_match and grant_of(known) == grant_of(wanted)
    ]
    if not wanted.is_match:
        return alike[0] if alike else None
    return line.closest(entry, alike, lambda known: -len(line.differing(known, **FIELDS)))


def _accept(line: Line, entry: Entry, new: FundingLine, itself: UUID) -> None:
    line.findings(check_line(new))
    if new.is_match:
        return
    twice = any(
        grant_of(other) == grant_of(new)
        for other in entry.of(FundingLine)
        if other.id != itself and not other.is_match
    )
    elsewhere = line.plan.grants.setdefault(grant_of(new), entry.row.id)
    if twice or (new.grant_reference and elsewhere != entry.row.id):
        where = "this initiative" if twice else "another initiative"
        line.fault(
            "grant_reference",
            f"This grant is entered for {year_label(new.financial_year)} in {where} already.",
            "Change that line, give another reference, or mark this one as match funding.",
        )
