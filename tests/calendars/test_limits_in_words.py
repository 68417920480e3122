"""A limit is said in words; whoever words it wrongly is told what is possible."""

import pytest

from portal.calendars.limits import BadLimit, Limit, Unit, parse


@pytest.mark.parametrize(
    ("words", "unit", "number"),
    [
        ("24 hours", Unit.HOURS, 24),
        ("1 hour", Unit.HOURS, 1),
        ("48 hours without sundays and bank holidays", Unit.OPEN_HOURS, 48),
        ("28 days", Unit.DAYS, 28),
        ("end of day 1", Unit.END_OF_DAY, 1),
        ("3 months", Unit.MONTHS, 3),
        ("2 working days", Unit.WORKING_DAYS, 2),
        ("1 working day", Unit.WORKING_DAYS, 1),
        ("5 school days", Unit.SCHOOL_DAYS, 5),
        ("next school day", Unit.NEXT_SCHOOL_DAY, 1),
    ],
)
def test_a_pathway_says_its_limit_in_words(words, unit, number):
    assert parse(words) == Limit(unit, number)
    assert str(parse(words)) == words


def test_what_is_left_is_said_in_words_that_are_read_again():
    for left in (
        Limit(Unit.HOURS, 3, 125),
        Limit(Unit.DAYS, 1, 86_399),
        Limit(Unit.OPEN_HOURS, 0, 1),
        Limit(Unit.WORKING_DAYS, 0),
    ):
        assert parse(str(left)) == left


@pytest.mark.parametrize(
    "words",
    [
        "",
        "soon",
        "24",
        "24 h",
        "-1 days",
        "1.5 days",
        "2 weeks",
        "99999 days",
        "3 months without sundays and bank holidays",
        "2 working days 5 seconds",
        "end of day",
        "28 days after",
        "\uff12\uff18 days",  # digits of another script
    ],
)
def test_a_text_that_is_no_limit_is_refused_and_the_possible_ones_are_named(words):
    with pytest.raises(BadLimit) as refused:
        parse(words)
    assert words in str(refused.value)
    for possible in ("24 hours", "2 working days", "end of day 1", "next school day", "3 months"):
        assert f'"{possible}"' in str(refused.value)
