"""Bound values: where each parameter of a statement comes from, at this request and at the next."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField
from graphql.execution.values import VariableValues, get_argument_values
from sqlalchemy import ARRAY, Date, Uuid, bindparam, literal_column

from portal.reading.cursors import BadCursor
from portal.reading.declare import Ask
from portal.reading.ids import BadId
from portal.store.base import Instant


class Refused(ValueError):
    """An argument has a value that cannot be taken; the text says why."""


LONGEST = 1_000
"""Digits of a number; PostgreSQL's own limit is far beyond, and reached by a few characters."""


@dataclass(frozen=True)
class Asked:
    """When one request is answered."""

    now: datetime
    today: date


OWN_AGENCY = "opened.agency_id"


def ask() -> Ask:
    """The same in a statement: its moment as parameters, its caller as columns of `opened`, since
    the statement that reads is the one that opens the caller.
    """
    return Ask(
        today=bindparam("ask_today", None, type_=Date()),
        now=bindparam("ask_now", None, type_=Instant),
        principal=literal_column("opened.principal_id", Uuid()),
        agency=literal_column(OWN_AGENCY, Uuid()),
        teams=literal_column("opened.team_ids", ARRAY(Uuid())),
    )


def asked_values(asked: Asked) -> dict[Hashable, object]:
    """The values of `ask`'s parameters."""
    return {"ask_today": asked.today, "ask_now": asked.now}


@dataclass(frozen=True)
class Site:
    """A field with arguments, in one place of the document."""

    field: GraphQLField
    node: FieldNode

    def arguments(self, variables: VariableValues) -> dict[str, Any]:
        """Its coerced arguments at this request."""
        return get_argument_values(self.field, self.node, variables)


class Binds:
    """The parameters of one statement, each with the argument it is taken from."""

    def __init__(self) -> None:
        self._sites: list[Site] = []
        self._takes: list[tuple[str, int, Callable[[dict[str, Any]], object]]] = []
        self._numbers: dict[Hashable, int] = {}
        self.fixed: dict[Hashable, object] = {}
        """The values of those that are the same at every request."""

    @property
    def names(self) -> tuple[Hashable, ...]:
        """The parameters in the order of their numbers."""
        return tuple(self._numbers)

    def number(self, name: Hashable) -> str:
        """A parameter as the statement writes it."""
        return f"${self._numbers.setdefault(name, len(self._numbers) + 1)}"

    def constant(self, name: Hashable, value: object) -> str:
        """A parameter whose value is always this."""
        self.fixed[name] = value
        return self.number(name)

    def site(self, field: GraphQLField, node: FieldNode) -> int:
        """Note a field whose arguments later parameters are taken from."""
        self._sites.append(Site(field, node))
        return len(self._sites) - 1

    def arguments(self, site: int, variables: VariableValues) -> dict[str, Any]:
        """A site's arguments while the plan is being made: their shape may decide the statement,
        their values not.
        """
        return self._sites[site].arguments(variables)

    def take(self, site: int, get: Callable[[dict[str, Any]], object]) -> str:
        """A parameter whose value `get` takes from the site's arguments at each request."""
        name = f"arg_{len(self._takes)}"
        self._takes.append((name, site, get))
        return self.number(name)

    def values(self, variables: VariableValues) -> dict[Hashable, object]:
        """All parameters' values for these variables; a bad id or cursor is the client's error, at
        its field.
        """
        asked = {site for _, site, _ in self._takes}
        arguments = {site: self._sites[site].arguments(variables) for site in asked}
        found: dict[Hashable, object] = {}
        for name, site, get in self._takes:
            try:
                found[name] = get(arguments[site])
            except Refused as refused:
                raise self.refused(site, str(refused)) from None
            except BadCursor:
                raise self.refused(
                    site,
                    "`after` is no cursor of this list in this order: pass an endCursor back"
                    " unread, with the same orderBy.",
                    "BAD_CURSOR",
                ) from None
            except BadId as bad:
                raise self.refused(site, str(bad), "BAD_ID") from None
            if not storable(found[name]):
                raise self.refused(
                    site,
                    "A text holds the character NUL or half of a surrogate pair, a time has no"
                    " offset (such as Z) or is before the year 1 or after 9999, or a number is"
                    " infinite or too long. Leave it out.",
                )
        return found

    def refused(self, site: int, message: str, code: str = "BAD_USER_INPUT") -> GraphQLError:
        """The client's error, at a site."""
        return GraphQLError(message, nodes=[self._sites[site].node], extensions={"code": code})


def storable(value: object) -> bool:
    """Whether PostgreSQL can take the value: GraphQL's own escapes can write what no text holds."""
    try:
        match value:
            case list():
                fits = all(storable(item) for item in value)
            case str():
                fits = b"\0" not in value.encode()
            case datetime():
                fits = value.tzinfo is not None and value.astimezone(UTC) is not None
            case date():
                fits = date.min < value < date.max  # which the driver would send as infinities
            case Decimal():
                fits = value.is_finite() and abs(value.adjusted()) < LONGEST
            case _:
                fits = True
    except (UnicodeEncodeError, OverflowError):
        return False
    return fits
