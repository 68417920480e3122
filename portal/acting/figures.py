"""What a number must be before PostgreSQL gets it: finite, not longer than its column, not rounded
in silence.
"""

from decimal import Decimal

from portal.errors import Finding

FIGURE_PLACES, FIGURE_DIGITS = 4, 14
MONEY_PLACES, MONEY_DIGITS = 2, 12
LONGEST = 40
"""Zeros behind the point are harmless, up to a point."""


def figure_fault(field: str, figure: Decimal | None) -> Finding | None:
    """A count, a share, an average: up to 14 digits and four decimal places."""
    return _number_fault(field, figure, FIGURE_PLACES, FIGURE_DIGITS)


def money_fault(field: str, sum_: Decimal | None) -> Finding | None:
    """An amount in pounds and pence."""
    return _number_fault(field, sum_, MONEY_PLACES, MONEY_DIGITS)


def fits_figure(figure: Decimal) -> bool:
    """Whether a computed figure fits its column."""
    return abs(figure) < Decimal(10) ** FIGURE_DIGITS


def _number_fault(field: str, number: Decimal | None, places: int, digits: int) -> Finding | None:
    if number is None:
        return None
    path = tuple(field.split("."))
    if not number.is_finite():
        return Finding(path, "Enter a number.", "BAD_NUMBER")
    last_place = number.as_tuple().exponent
    # Asked of its places, since the text of 1E+999999 had better never be written out.
    if number.adjusted() >= digits or not isinstance(last_place, int):
        return Finding(path, f"Enter a number of at most {digits} digits.", "BAD_NUMBER")
    if -last_place > LONGEST or (-last_place > places and number != round(number, places)):
        message = f"Give at most {places} decimal places: nothing is rounded in silence."
        return Finding(path, message, "BAD_NUMBER")
    return None
