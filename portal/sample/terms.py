"""School terms for the sample: plausible, and no council's own."""

from datetime import date

from auth.areas import BOROUGHS
from portal.calendars.tables import SchoolTerm
from portal.sample.partnership import fixed

_2026 = (
    ("Autumn, first half", date(2026, 9, 2), date(2026, 10, 23)),
    ("Autumn, second half", date(2026, 11, 2), date(2026, 12, 18)),
    ("Spring, first half", date(2027, 1, 4), date(2027, 2, 12)),
    ("Spring, second half", date(2027, 2, 22), date(2027, 3, 25)),
    ("Summer, first half", date(2027, 4, 12), date(2027, 5, 28)),
    ("Summer, second half", date(2027, 6, 7), date(2027, 7, 21)),
)
ANNOUNCED = date(2026, 4, 1)


def terms() -> list[SchoolTerm]:
    """The same in each borough; the name says that it is the sample's."""
    return [
        SchoolTerm(
            id=fixed("term", f"{code}/{first}"), area_code=code, school_year=2026,
            name=f"{name} (sample)", first_on=first, last_on=last, opens="08:45",
            valid_from=ANNOUNCED,
        )
        for code in BOROUGHS
        for name, first, last in _2026
    ]  # fmt: skip
