"""What can be said of an initiative, checked without the database; an importer uses it too."""

import re
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from portal.acting.checks import unprintable_fault
from portal.acting.inputs import camel
from portal.acting.work import reference
from portal.errors import Finding, Invalid
from portal.initiatives.tables import Initiative, Part, Stage, Timing, Visibility

LIMITS = {
    "title": 120, "summary": 4000, "audience": 200, "place": 200, "timing_source": 200,
    "equality_impact": 4000,
}  # fmt: skip
LONG_TEXTS = frozenset({"summary", "equality_impact"})
UNSETTLED = frozenset({Stage.PROPOSED, Stage.CANCELLED})
AREA_CODE = re.compile(r"[A-Z][0-9]{8}")


class Particulars(TypedDict, total=False):
    """What an initiative is logged or changed with, named like its columns."""

    title: str | None
    summary: str | None
    lead_team_id: UUID | None
    audience: str | None
    place: str | None
    timing: Timing | None
    starts_on: date | None
    ends_on: date | None
    review_on: date | None
    timing_source: str | None
    equality_impact: str | None
    equality_reviewed_on: date | None
    visibility: Visibility | None


def new_initiative(
    lead_agency_id: UUID, given: Particulars, now: datetime
) -> tuple[Initiative, list[Finding]]:
    """A new proposed initiative under a reference of its own, and what is wrong with it."""
    initiative = Initiative(reference=reference("VG"), title="", lead_agency_id=lead_agency_id)
    findings = describe(initiative, {"title": "", **given}, now)
    return initiative, findings


def describe(initiative: Initiative, given: Particulars, now: datetime) -> list[Finding]:
    """Put on the row what was given, tidied; null clears. Answers with what cannot stand there."""
    findings: list[Finding] = []
    for name, value in given.items():
        if name in LIMITS:
            findings += _write(initiative, name, value)
        elif name == "visibility":
            findings += show_to(initiative, given["visibility"], now)
        else:
            setattr(initiative, name, value or (Timing.DATED if name == "timing" else None))
    return findings + check_timing(initiative)


def _write(initiative: Initiative, name: str, value: object) -> list[Finding]:
    text, findings = tidy(
        camel(name),
        str(value or ""),
        LIMITS[name],
        lines=name in LONG_TEXTS,
        needed="Enter a title." if name == "title" else None,
    )
    setattr(initiative, name, text or ("" if name in {"title", "summary"} else None))
    return findings


def tidy(
    path: str, text: str, limit: int, *, lines: bool = False, needed: str | None = None
) -> tuple[str | None, list[Finding]]:
    """The text without needless space, and its faults; `lines` keeps line breaks."""
    where = tuple(path.split("."))
    if fault := unprintable_fault(text, *where):
        return None, [fault]
    text = text.strip() if lines else " ".join(text.split())
    if not text and needed:
        return None, [Finding(where, needed)]
    if len(text) > limit:
        return None, [Finding(where, f"Shorten it to {limit} characters; it has {len(text)}.")]
    return text or None, []


def check_timing(initiative: Initiative) -> list[Finding]:
    """Dates from "approved" on; open-ended with a review date; unknown with a source."""
    findings = []
    match initiative.timing:
        case Timing.DATED if initiative.stage not in UNSETTLED:
            findings += _missing("startsOn", initiative.starts_on, "its first day")
            findings += _missing("endsOn", initiative.ends_on, "its last day")
        case Timing.OPEN_ENDED:
            findings += _missing("reviewOn", initiative.review_on, "when it is next reviewed")
            if initiative.ends_on is not None:
                says = "What is open-ended has no last day: leave it out, or choose DATED."
                findings.append(Finding(("endsOn",), says))
        case Timing.UNKNOWN:
            findings += _missing("timingSource", initiative.timing_source, "where it is known from")
    return findings + _check_order(initiative.starts_on, initiative.ends_on)


def _missing(field: str, value: object, what: str) -> list[Finding]:
    if value is not None:
        return []
    return [Finding((field,), f"Say {what}, or choose another timing.", "REQUIRED")]


def _check_order(starts: date | None, ends: date | None) -> list[Finding]:
    if starts is None or ends is None or ends >= starts:
        return []
    says = f"The last day, {ends}, is before the first, {starts}. Correct one of them."
    return [Finding(("endsOn",), says)]


def show_to(initiative: Initiative, visibility: Visibility | None, now: datetime) -> list[Finding]:
    """Widen or narrow who sees it; what has been sent once never becomes a draft again."""
    if visibility is None:
        return [Finding(("visibility",), "Choose who may see it.", "REQUIRED")]
    if visibility is Visibility.DRAFT and initiative.sent_at is not None:
        says = "Others have seen it, so it cannot be a draft again. Choose PARTNERS, or cancel it."
        return [Finding(("visibility",), says)]
    initiative.visibility = visibility
    if visibility is not Visibility.DRAFT:
        initiative.sent_at = initiative.sent_at or now
    return []


def check_areas(codes: Sequence[str], valid: Collection[str]) -> list[Finding]:
    """Each code that is not among those valid today."""
    return [
        Finding(
            ("areas", str(at)),
            f"{code[:20]!r} is no ONS code of an area the portal knows today: see `areas`.",
            "UNKNOWN_AREA",
        )
        for at, code in enumerate(codes)
        if code not in valid
    ]


def parts_of(parts: Sequence[Part]) -> list[str]:
    """What a partner brings, each once; Invalid when it is nothing."""
    if not parts:
        raise Invalid.field("parts", "Say what the partner brings.", "REQUIRED")
    return list(dict.fromkeys(part.value for part in parts))
