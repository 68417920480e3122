"""Terms and proclaimed bank holidays are data: what is written later holds from its day on."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal, unpaged

from portal.calendars.days import Calendar
from portal.calendars.known import calendar_from, calendar_of
from portal.calendars.limits import parse
from portal.calendars.reckoning import due
from portal.calendars.tables import BankHoliday, SchoolTerm
from portal.sample.partnership import DAY
from portal.sample.terms import terms
from portal.store.engines import Engines

LIVERPOOL = "E08000012"
EARLIER, LATER = date(2026, 4, 1), date(2026, 9, 1)
FRIDAY_EVENING = datetime(2026, 10, 23, 19, tzinfo=UTC)


def term(first: date, last: date, known: date = EARLIER, year: int = 2026) -> SchoolTerm:
    return SchoolTerm(
        area_code=LIVERPOOL, school_year=year, name="Autumn", first_on=first, last_on=last,
        opens="08:45", valid_from=known,
    )  # fmt: skip


def test_a_later_list_of_a_school_year_replaces_the_earlier_one_whole_from_its_day_on():
    rows = [
        term(date(2026, 9, 2), date(2026, 10, 16)),
        term(date(2026, 11, 2), date(2026, 12, 18)),
        term(date(2026, 9, 2), date(2026, 12, 18), LATER),
        term(date(2025, 9, 2), date(2026, 7, 20), EARLIER, 2025),
    ]
    before, after = (calendar_from([], rows, day) for day in (date(2026, 8, 31), LATER))
    assert [one.first for one in before.terms] == [
        date(2025, 9, 2), date(2026, 9, 2), date(2026, 11, 2),
    ]  # fmt: skip
    assert [one.first for one in after.terms] == [date(2025, 9, 2), date(2026, 9, 2)]
    assert not before.is_school_day(date(2026, 10, 20))
    assert after.is_school_day(date(2026, 10, 20))


def test_of_one_day_the_latest_word_counts_and_none_before_it_was_said():
    day = date(2027, 5, 3)
    words = [
        BankHoliday(day=day, name="It was moved", holds=False, valid_from=EARLIER),
        BankHoliday(day=day, name="It was not", holds=True, valid_from=LATER),
    ]
    assert calendar_from(words, [], date(2026, 3, 31)).is_bank_holiday(day)
    assert not calendar_from(words, [], EARLIER).is_bank_holiday(day)
    assert calendar_from(words, [], LATER).is_bank_holiday(day)


@pytest.mark.usefixtures("schools")
async def test_a_school_in_liverpool_is_told_after_half_term(engines: Engines) -> None:
    async with AsyncSession(engines.owner) as db:
        known = await calendar_of(db, LIVERPOOL, DAY)
        assert due(parse("next school day"), FRIDAY_EVENING, known) == datetime(
            2026, 11, 2, 8, 45, tzinfo=UTC
        )
        assert await calendar_of(db, None, DAY) == Calendar()


@pytest.mark.usefixtures("schools")
async def test_everybody_reads_what_limits_are_reckoned_with(portal: Portal) -> None:
    query = (
        "query($area: String!) { schoolTerms(filter: {area: $area, holds: true}) { nodes"
        " { name firstOn opens schoolYear holds area { name } } } bankHolidays { nodes { day } } }"
    )
    for who in ("rasa.contributor", "cheshire.viewer"):
        found = unpaged(await portal.ask(who, query, area=LIVERPOOL))
        assert len(found["schoolTerms"]) == 6
        assert found["schoolTerms"][0] == {
            "name": "Autumn, first half (sample)", "firstOn": "2026-09-02", "opens": "08:45",
            "schoolYear": 2026, "holds": True, "area": {"name": "Liverpool"},
        }  # fmt: skip
        assert found["bankHolidays"] == []
    sooner = Portal(portal.schema, portal.engine, date(2026, 3, 31))
    assert unpaged(await sooner.ask("rasa.contributor", query, area=LIVERPOOL))["schoolTerms"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": "8:45"},
        {"opens": "23:00"},
        {"last_on": date(2026, 9, 1)},
        {"school_year": 2027},
        {"name": " "},
        {"area_code": "E99999999"},
    ],
)
async def test_the_database_takes_no_term_that_makes_no_sense(engines: Engines, wrong) -> None:
    row = term(date(2026, 9, 2), date(2026, 10, 16), date(2026, 5, 1))
    for name, value in wrong.items():
        setattr(row, name, value)
    async with AsyncSession(engines.owner) as db:
        db.add(row)
        with pytest.raises(IntegrityError):
            await db.flush()


def test_the_samples_terms_say_that_they_are_the_samples():
    assert all(row.name.endswith("(sample)") for row in terms())
