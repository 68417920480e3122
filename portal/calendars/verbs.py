"""Which days count is changed by two people: one proposes a bank holiday or the terms of a school
year, another confirms it. Clocks that run are reckoned anew by `portal clocks recompute`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from auth.tables import Area
from portal.acting.checks import one_line, refuse, title_fault
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.calendars.tables import BankHoliday, SchoolTerm, SchoolYear
from portal.errors import Finding
from portal.proposals.access import may_keep
from portal.proposals.verbs import Reason, confirm, day_fault, decline, must_begin_alone

HolidayId = Annotated[UUID, Ref("BankHoliday")]
SchoolYearId = Annotated[UUID, Ref("SchoolYear")]
FirstDay = Annotated[
    date | None, "From when on limits are reckoned with it, today or to come; today if absent."
]
NAME_LIMIT, MOST = 80, 12
_OPENS = re.compile(r"(0[7-9]|1[01]):[0-5][0-9]")


@dataclass(frozen=True)
class TermGiven:
    """Weeks without a break in which schools teach: half a term, mostly."""

    name: Annotated[str, "What it is called, at most 80 characters."]
    first_on: Annotated[date, "The first school day."]
    last_on: Annotated[date, "The last."]


async def propose_bank_holiday(
    work: Work,
    day: Annotated[date, "The day."],
    name: Annotated[str, "What it is called, at most 80 characters."],
    is_holiday: Annotated[
        bool,
        "True where it is a bank holiday that the portal does not know; false where it is none.",
    ] = True,
    valid_from: FirstDay = None,
) -> BankHoliday:
    """Propose a bank holiday of England and Wales that was proclaimed, or say that a day is none,
    since it was moved; a second person confirms it.
    """
    may_keep(work.caller)
    since = valid_from or work.today
    refuse(day_fault(since, work.today), title_fault(name, NAME_LIMIT, "name"))
    row = BankHoliday(
        day=day, name=one_line(name), holds=is_holiday, valid_from=since,
        proposed_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(row)
    return row


CLOCKS = (
    "Clocks that run already are due as before. Once it holds, let whoever operates the portal"
    " reckon them anew: `portal clocks recompute`."
)


async def confirm_bank_holiday(work: Work, id: HolidayId, expected_version: int) -> BankHoliday:
    """Confirm, as a second person, a bank holiday or that a day is none."""
    row = await work.seen(BankHoliday, id)
    may_keep(work.caller)
    await must_begin_alone(work, row, day=row.day)
    work.warn("", CLOCKS, "CLOCKS_AS_BEFORE")
    return await confirm(work, row, expected_version)


async def decline_bank_holiday(
    work: Work, id: HolidayId, expected_version: int, reason: Reason
) -> BankHoliday:
    """Decline a proposed bank holiday, or take back your own proposal."""
    row = await work.seen(BankHoliday, id)
    may_keep(work.caller)
    return await decline(work, row, expected_version, reason)


async def propose_school_year(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    area: Annotated[str, "The ONS code of the area; see `areas`."],
    school_year: Annotated[int, "The year in which it begins: 2026 for 2026/27."],
    terms: Annotated[list[TermGiven], "All its terms and half terms, 1 to 12."],
    opens: Annotated[str, "When a school day begins, from `07:00` to `11:59`."] = "08:30",
    valid_from: FirstDay = None,
) -> SchoolYear:
    """Propose when an area's schools teach in a school year; a second person confirms it, and then
    it replaces the list before it whole.
    """
    may_keep(work.caller)
    since = valid_from or work.today
    refuse(day_fault(since, work.today), *_list_faults(school_year, opens, terms))
    if await work.db.get(Area, area) is None:
        refuse(Finding(("area",), f"There is no area {area!r}. See `areas` for their codes."))
    row = SchoolYear(
        area_code=area, school_year=school_year, opens=opens, valid_from=since,
        proposed_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(row)
    await work.db.flush()
    work.db.add_all(
        SchoolTerm(
            school_year_id=row.id, school_year=school_year, name=one_line(each.name),
            first_on=each.first_on, last_on=each.last_on,
        )
        for each in terms
    )  # fmt: skip
    return row


def _list_faults(year: int, opens: str, terms: list[TermGiven]) -> Iterator[Finding]:
    """Terms lie in their year, one after the other."""
    if not _OPENS.fullmatch(opens):
        yield Finding(("opens",), "Give a time from 07:00 to 11:59, such as 08:45.")
    if not 2020 <= year <= 2100:
        yield Finding(("schoolYear",), "Give the year in which it begins, from 2020 to 2100.")
        return
    if not 1 <= len(terms) <= MOST:
        yield Finding(("terms",), f"List 1 to {MOST} terms.", "REQUIRED")
    yield from _term_faults(terms, date(year, 8, 1), date(year + 1, 8, 31))


def _term_faults(terms: list[TermGiven], first: date, last: date) -> Iterator[Finding]:
    for at, each in enumerate(terms):
        if fault := title_fault(each.name, NAME_LIMIT, "name"):
            yield Finding(("terms", str(at), *fault.path), fault.message, fault.code)
        if not first <= each.first_on <= each.last_on <= last:
            says = f"Give a first and a last day, from {first} to {last}."
            yield Finding(("terms", str(at), "firstOn"), says)
    for one, other in pairwise(sorted(terms, key=lambda each: each.first_on)):
        if other.first_on <= one.last_on:
            yield Finding(
                ("terms",), f"{one.name} and {other.name} overlap. Give each its own days."
            )


async def confirm_school_year(work: Work, id: SchoolYearId, expected_version: int) -> SchoolYear:
    """Confirm, as a second person, when an area's schools teach."""
    row = await work.seen(SchoolYear, id)
    may_keep(work.caller)
    await must_begin_alone(work, row, area_code=row.area_code, school_year=row.school_year)
    work.warn("", CLOCKS, "CLOCKS_AS_BEFORE")
    return await confirm(work, row, expected_version)


async def decline_school_year(
    work: Work, id: SchoolYearId, expected_version: int, reason: Reason
) -> SchoolYear:
    """Decline proposed school terms, or take back your own proposal."""
    row = await work.seen(SchoolYear, id)
    may_keep(work.caller)
    return await decline(work, row, expected_version, reason)
