"""Which days count is changed by two programme leads, from a day on."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal

from portal.calendars.known import calendar_of
from portal.store.engines import Engines

FIRST, SECOND, HALTON = "pcc.programme", "pcc.administrator", "E06000006"
DAY_OFF, SINCE = date(2028, 2, 1), date(2026, 12, 1)
HOLIDAY = """...on BankHolidayPayload { bankHoliday { id version state holds answerNote }
  warnings { code message } }"""
YEAR = "...on SchoolYearPayload { schoolYear { id version state holds } }"
TERMS = [
    {"name": "Autumn", "firstOn": "2028-09-04", "lastOn": "2028-10-20"},
    {"name": "Winter", "firstOn": "2028-10-30", "lastOn": "2028-12-20"},
]


@pytest.fixture(autouse=True)
async def forgotten(engines: Engines) -> AsyncIterator[None]:
    """No day that a test proposes is there for others."""
    yield
    async with engines.owner.begin() as owner:
        await owner.execute(text("DELETE FROM bank_holiday WHERE day >= '2028-01-01'"))
        await owner.execute(text("DELETE FROM school_term WHERE school_year = 2028"))
        await owner.execute(text("DELETE FROM school_year WHERE school_year = 2028"))


def of(row: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": row["id"], "expectedVersion": row["version"], **more}


async def proclaimed(portal: Portal, **more: Any) -> dict[str, Any]:
    given = {
        "day": DAY_OFF.isoformat(), "name": "A wedding", "validFrom": SINCE.isoformat(), **more,
    }  # fmt: skip
    done = await portal.do(FIRST, "proposeBankHoliday", given, HOLIDAY)
    assert done["__typename"] == "BankHolidayPayload", done
    return dict(done["bankHoliday"])


def year(**more: Any) -> dict[str, Any]:
    return {"area": HALTON, "schoolYear": 2028, "opens": "09:00", "terms": TERMS, **more}


async def off(engines: Engines, today: date) -> bool:
    async with AsyncSession(engines.owner) as db:
        return (await calendar_of(db, None, today)).is_bank_holiday(DAY_OFF)


async def test_a_day_is_a_bank_holiday_once_two_have_said_so_and_its_time_has_come(
    portal: Portal, engines: Engines
) -> None:
    row = await proclaimed(portal)
    assert (row["state"], row["holds"]) == ("PROPOSED", False)
    assert not await off(engines, SINCE)
    alone = await portal.do(FIRST, "confirmBankHoliday", of(row))
    assert alone["rule"] == "reference.second_person"
    confirmed = await portal.do(SECOND, "confirmBankHoliday", of(row), HOLIDAY)
    [warning] = confirmed["warnings"]
    assert warning["code"] == "CLOCKS_AS_BEFORE"
    assert "portal clocks recompute" in warning["message"]
    done = confirmed["bankHoliday"]
    assert (done["state"], done["holds"]) == ("CONFIRMED", False)
    assert not await off(engines, date(2026, 11, 30))
    assert await off(engines, SINCE)


async def test_what_was_declined_never_counts(portal: Portal, engines: Engines) -> None:
    row = await proclaimed(portal)
    given = of(row, reason="Nobody proclaimed it.")
    done = (await portal.do(SECOND, "declineBankHoliday", given, HOLIDAY))["bankHoliday"]
    assert (done["state"], done["answerNote"]) == ("DECLINED", "Nobody proclaimed it.")
    assert not await off(engines, SINCE)


async def test_of_one_day_two_words_do_not_begin_together(portal: Portal) -> None:
    first, second = await proclaimed(portal), await proclaimed(portal, isHoliday=False)
    await portal.do(SECOND, "confirmBankHoliday", of(first))
    refused = await portal.do(SECOND, "confirmBankHoliday", of(second))
    assert refused["errors"][0]["code"] == "TAKEN"


async def test_a_school_year_counts_once_two_have_said_so(portal: Portal, engines: Engines) -> None:
    done = await portal.do(FIRST, "proposeSchoolYear", year(), YEAR)
    row = done["schoolYear"]
    async with AsyncSession(engines.owner) as db:
        assert not (await calendar_of(db, HALTON, portal.today)).terms
    alone = await portal.do(FIRST, "confirmSchoolYear", of(row))
    assert alone["rule"] == "reference.second_person"
    held = (await portal.do(SECOND, "confirmSchoolYear", of(row), YEAR))["schoolYear"]
    assert (held["state"], held["holds"]) == ("CONFIRMED", True)
    async with AsyncSession(engines.owner) as db:
        known = await calendar_of(db, HALTON, portal.today)
    assert not known.is_school_day(date(2028, 10, 24))
    assert known.school_opens(date(2028, 9, 4)).hour == 8  # nine in London


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"opens": "8:45"}, ["opens"]),
        ({"schoolYear": 1999}, ["schoolYear"]),
        ({"area": "E99999999"}, ["area"]),
        ({"terms": []}, ["terms"]),
        ({"terms": [*TERMS, {**TERMS[0], "firstOn": "2028-10-01"}]}, ["terms"]),
        ({"terms": [{**TERMS[0], "name": " "}]}, ["terms", "0", "name"]),
        ({"terms": [{**TERMS[0], "lastOn": "2028-09-03"}]}, ["terms", "0", "firstOn"]),
        ({"validFrom": "2026-11-15"}, ["validFrom"]),
    ],
)
async def test_a_school_year_that_cannot_be_is_refused_with_its_place(
    portal: Portal, given: dict[str, Any], path: list[str]
) -> None:
    refused = await portal.do(FIRST, "proposeSchoolYear", year(**given))
    assert [error["path"] for error in refused["errors"]] == [["input", *path]]


async def test_only_programme_leads_say_which_days_count(portal: Portal) -> None:
    row = await proclaimed(portal)
    waits = (await portal.do(FIRST, "proposeSchoolYear", year(), YEAR))["schoolYear"]
    day = {"day": "2028-05-02", "name": "A day off"}
    for who in ("wirral.coordinator", "wirral.administrator", "rasa.contributor"):
        for verb, given in (
            ("proposeBankHoliday", day),
            ("confirmBankHoliday", of(row)),
            ("declineBankHoliday", of(row, reason="No.")),
            ("proposeSchoolYear", year()),
            ("confirmSchoolYear", of(waits)),
            ("declineSchoolYear", of(waits, reason="No.")),
        ):
            refused = await portal.do(who, verb, given)
            assert refused["rule"] == "reference.programme_leads_change_it", (who, verb)
