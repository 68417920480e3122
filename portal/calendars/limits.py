"""A limit in words, as pathway files have it: "28 days", "2 working days", "next school day"."""

import re
from dataclasses import dataclass
from enum import StrEnum

LARGEST = 10_000
"""More than any limit in use; each day of a limit is looked at."""


class Unit(StrEnum):
    """What a limit counts; each is said in words that a pathway file uses."""

    HOURS = "hours"
    """Hours as they pass, weekends and changes of the clock included."""
    OPEN_HOURS = "hours without sundays and bank holidays"
    """Hours as they pass on days that are neither a Sunday nor a bank holiday."""
    DAYS = "days"
    """Days, to the same time of day in London."""
    END_OF_DAY = "end of day"
    """To the end of the so manieth day after; of day 0, the same day."""
    MONTHS = "months"
    """To the end of the corresponding date, or of the month's last day where it has none such."""
    WORKING_DAYS = "working days"
    """To the end of the so manieth working day after, in England and Wales."""
    SCHOOL_DAYS = "school days"
    """To the end of the so manieth school day after, where the school is."""
    NEXT_SCHOOL_DAY = "next school day"
    """To the hour at which the next school day begins, where the school is."""


IN_SECONDS = frozenset({Unit.HOURS, Unit.OPEN_HOURS, Unit.DAYS})
"""What of these is left can be a part of one, and is then said in seconds as well."""

POSSIBLE = (
    '"24 hours", "48 hours without sundays and bank holidays", "28 days", "end of day 1",'
    ' "3 months", "2 working days", "5 school days", "next school day"'
)
_END = re.compile(r"end of day ([0-9]{1,5})")
_COUNTED = re.compile(
    r"([0-9]{1,5}) (hours?|days?|months?|working days?|school days?)"
    r"(?: ([0-9]{1,5}) seconds)?( without sundays and bank holidays)?"
)


class BadLimit(ValueError):
    """A text that is no limit; says what would be one."""

    def __init__(self, text: str) -> None:
        super().__init__(f'"{text}" is no limit. Write one like {POSSIBLE}.')


@dataclass(frozen=True)
class Limit:
    """How long something may take, or how much of that is left."""

    unit: Unit
    number: int
    seconds: int = 0
    """What is left beyond whole hours or days; 0 in a pathway file."""

    def __post_init__(self) -> None:
        """A limit that cannot be reached is a mistake, wherever it comes from."""
        whole = 0 <= self.number <= LARGEST and 0 <= self.seconds < 86_400
        if not whole or (self.seconds and self.unit not in IN_SECONDS):
            raise BadLimit(str(self))

    def __str__(self) -> str:
        """As `parse` reads it."""
        if self.unit is Unit.NEXT_SCHOOL_DAY:
            return self.unit.value
        if self.unit is Unit.END_OF_DAY:
            return f"{self.unit.value} {self.number}"
        noun, _, without = self.unit.value.partition(" without ")
        noun = noun.removesuffix("s") if self.number == 1 else noun
        part = f" {self.seconds} seconds" if self.seconds else ""
        return f"{self.number} {noun}{part}{' without ' + without if without else ''}"


def parse(text: str) -> Limit:
    """The limit that a text means, or `BadLimit`."""
    words = " ".join(text.split())
    if words == Unit.NEXT_SCHOOL_DAY.value:
        return Limit(Unit.NEXT_SCHOOL_DAY, 1)
    if found := _END.fullmatch(words):
        return Limit(Unit.END_OF_DAY, int(found[1]))
    if not (found := _COUNTED.fullmatch(words)):
        raise BadLimit(text)
    number, noun, seconds, without = found.groups()
    unit = Unit(noun.removesuffix("s") + "s")
    if without:
        if unit is not Unit.HOURS:
            raise BadLimit(text)
        unit = Unit.OPEN_HOURS
    try:
        return Limit(unit, int(number), int(seconds or 0))
    except BadLimit:
        raise BadLimit(text) from None
