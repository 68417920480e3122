"""School terms for the sample: plausible, and no council's own."""

from datetime import date
from uuid import UUID

from auth.areas import BOROUGHS
from portal.calendars.tables import BankHoliday, SchoolTerm, SchoolYear
from portal.proposals.tables import ProposalState
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import fixed, membership_id

_2026 = (
    ("Autumn, first half", date(2026, 9, 2), date(2026, 10, 23)),
    ("Autumn, second half", date(2026, 11, 2), date(2026, 12, 18)),
    ("Spring, first half", date(2027, 1, 4), date(2027, 2, 12)),
    ("Spring, second half", date(2027, 2, 22), date(2027, 3, 25)),
    ("Summer, first half", date(2027, 4, 12), date(2027, 5, 28)),
    ("Summer, second half", date(2027, 6, 7), date(2027, 7, 21)),
)
_2027 = (
    ("Autumn, first half", date(2027, 9, 1), date(2027, 10, 22)),
    ("Autumn, second half", date(2027, 11, 1), date(2027, 12, 17)),
)
ANNOUNCED, LIVERPOOL = date(2026, 4, 1), "E08000012"
Listed = tuple[tuple[str, date, date], ...]


def terms() -> list[SchoolYear | SchoolTerm]:
    """The same in each borough; the names say that they are the sample's. Liverpool's next year
    waits for a second person.
    """
    rows: list[SchoolYear | SchoolTerm] = []
    for code in BOROUGHS:
        year = fixed("school-year", code)
        rows.append(
            SchoolYear(
                id=year, area_code=code, school_year=2026, opens="08:45", valid_from=ANNOUNCED,
                state=ProposalState.CONFIRMED, updated_at=IMPORTED,
            )
        )  # fmt: skip
        rows += _of(year, code, 2026, _2026)
    year = fixed("school-year", "proposed")
    rows.append(
        SchoolYear(
            id=year, area_code=LIVERPOOL, school_year=2027, valid_from=date(2027, 4, 1),
            proposed_by_id=membership_id("pcc.programme"), updated_at=IMPORTED,
        )
    )  # fmt: skip
    return [*rows, *_of(year, "proposed", 2027, _2027)]


def _of(year: UUID, key: str, begins: int, listed: Listed) -> list[SchoolTerm]:
    return [
        SchoolTerm(
            id=fixed("term", f"{key}/{first}"), school_year_id=year, school_year=begins,
            name=f"{name} (sample)", first_on=first, last_on=last,
        )
        for name, first, last in listed
    ]  # fmt: skip


def holidays() -> list[BankHoliday]:
    """What waits for a second person."""
    return [
        BankHoliday(
            id=fixed("holiday", "proposed"), day=date(2027, 6, 14), name="Invented (sample)",
            holds=True, valid_from=date(2027, 1, 1), proposed_by_id=membership_id("pcc.programme"),
            updated_at=IMPORTED,
        )
    ]  # fmt: skip
