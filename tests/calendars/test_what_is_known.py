"""Terms and proclaimed bank holidays are data: what is written later holds from its day on."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal, unpaged

from portal.calendars.days import Calendar
from portal.calendars.known import calendar_from, calendar_of
from portal.calendars.limits import parse
from portal.calendars.reckoning import due
from portal.calendars.tables import BankHoliday, SchoolTerm, SchoolYear
from portal.proposals.tables import ProposalState
from portal.sample.partnership import DAY
from portal.sample.terms import terms
from portal.store.engines import Engines

LIVERPOOL = "E08000012"
EARLIER, LATER = date(2026, 4, 1), date(2026, 9, 1)
FRIDAY_EVENING = datetime(2026, 10, 23, 19, tzinfo=UTC)


def year(begins: int = 2026, known: date = EARLIER, **more: Any) -> SchoolYear:
    return SchoolYear(
        area_code=LIVERPOOL, school_year=begins, opens="08:45", valid_from=known,
        state=ProposalState.CONFIRMED, updated_at=FRIDAY_EVENING, **more,
    )  # fmt: skip


def term(of: SchoolYear, first: date, last: date) -> SchoolTerm:
    return SchoolTerm(
        school_year_id=of.id, school_year=of.school_year, name="Autumn", first_on=first,
        last_on=last,
    )  # fmt: skip


def test_a_later_list_of_a_school_year_replaces_the_earlier_one_whole_from_its_day_on():
    old, new, before_it = year(), year(known=LATER), year(2025)
    proposed = year(known=LATER)
    proposed.state = ProposalState.PROPOSED
    rows = [
        term(old, date(2026, 9, 2), date(2026, 10, 16)),
        term(old, date(2026, 11, 2), date(2026, 12, 18)),
        term(new, date(2026, 9, 2), date(2026, 12, 18)),
        term(before_it, date(2025, 9, 2), date(2026, 7, 20)),
        term(proposed, date(2026, 9, 9), date(2026, 12, 18)),
    ]
    years = [old, new, before_it, proposed]
    before, after = (calendar_from([], years, rows, day) for day in (date(2026, 8, 31), LATER))
    assert [one.first for one in before.terms] == [
        date(2025, 9, 2), date(2026, 9, 2), date(2026, 11, 2),
    ]  # fmt: skip
    assert [one.first for one in after.terms] == [date(2025, 9, 2), date(2026, 9, 2)]
    assert not before.is_school_day(date(2026, 10, 20))
    assert after.is_school_day(date(2026, 10, 20))


def test_of_one_day_the_latest_word_counts_and_none_before_it_was_said():
    day = date(2027, 5, 3)
    words = [
        BankHoliday(day=day, name=name, holds=holds, valid_from=since, state=state)
        for name, holds, since, state in (
            ("It was moved", False, EARLIER, ProposalState.CONFIRMED),
            ("It was not", True, LATER, ProposalState.CONFIRMED),
            ("It was, some say", False, date(2026, 9, 2), ProposalState.PROPOSED),
        )
    ]
    assert calendar_from(words, [], [], date(2026, 3, 31)).is_bank_holiday(day)
    assert not calendar_from(words, [], [], EARLIER).is_bank_holiday(day)
    assert calendar_from(words, [], [], date(2026, 9, 3)).is_bank_holiday(day)


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
        "query($area: String!) { schoolYears(filter: {area: $area, holds: true}) { nodes"
        " { schoolYear opens holds area { name } terms { nodes { name firstOn } } } }"
        " bankHolidays { nodes { day } } }"
    )
    for who in ("rasa.contributor", "cheshire.viewer"):
        found = unpaged(await portal.ask(who, query, area=LIVERPOOL))
        [held] = found["schoolYears"]
        terms = held.pop("terms")
        assert len(terms) == 6
        assert terms[0] == {"name": "Autumn, first half (sample)", "firstOn": "2026-09-02"}
        assert held == {
            "opens": "08:45", "schoolYear": 2026, "holds": True, "area": {"name": "Liverpool"},
        }  # fmt: skip
        assert found["bankHolidays"] == []
    sooner = Portal(portal.schema, portal.engine, date(2026, 3, 31))
    assert unpaged(await sooner.ask("rasa.contributor", query, area=LIVERPOOL))["schoolYears"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"last_on": date(2026, 9, 1)},
        {"first_on": date(2026, 7, 1)},
        {"school_year": 2027},
        {"name": " "},
    ],
)
async def test_the_database_takes_no_term_that_makes_no_sense(engines: Engines, wrong) -> None:
    of = year(known=date(2026, 5, 1))
    row = term(of, date(2026, 9, 2), date(2026, 10, 16))
    for name, value in wrong.items():
        setattr(row, name, value)
    async with AsyncSession(engines.owner) as db:
        db.add(of)
        await db.flush()
        db.add(row)
        with pytest.raises(IntegrityError):
            await db.flush()


@pytest.mark.parametrize(
    "wrong", [{"opens": "8:45"}, {"opens": "23:00"}, {"area_code": "E99999999"}]
)
async def test_the_database_takes_no_year_that_makes_no_sense(engines: Engines, wrong) -> None:
    row = year(known=date(2026, 5, 1))
    for name, value in wrong.items():
        setattr(row, name, value)
    async with AsyncSession(engines.owner) as db:
        db.add(row)
        with pytest.raises(IntegrityError):
            await db.flush()


def test_the_samples_terms_say_that_they_are_the_samples():
    assert all(row.name.endswith("(sample)") for row in terms() if isinstance(row, SchoolTerm))
