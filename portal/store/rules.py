"""Row rules: who sees, adds, changes and removes a table's rows, declared once and turned into
policies.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Table, inspect
from sqlmodel import SQLModel


def meets(keys: str) -> str:
    """The condition that the caller holds one of these keys.

    The detour by a number changes nothing but what the planner thinks. Of a bare `&&` it expects
    one row in a hundred, sorts all that it finds and then takes 50, where it should walk an index
    in order; and it compares keys before ids, since either costs one operator, where an id tells
    more for less. Of `<> 0` it expects nearly all rows to pass, of `> 0` a third.
    """
    return f"coalesce(({keys} && (SELECT caller_keys()))::int, 0) <> 0"


HELD = meets("acl")
GIVEN = (
    "NOT coalesce("
    "routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false)"
)
"""Of a case: it was not given to the caller by a way that is closed today, or else it was disclosed
to a team of theirs in an emergency. The latter is looked up only where a way is closed.
"""
SIGNED_IN = "(SELECT caller_principal()) IS NOT NULL"
RULE = "rule"
"""In a table's info: its row rule."""
RECORDED = "recorded"
"""Marks a table whose changes are recorded, each under the row's own type and id."""


@dataclass(frozen=True)
class Way:
    """A way in which a caller comes to see a row, beside its keys: `person` (they are whom it is
    about or for), `agency` (their own has to do with it), `power SCOPE` or `everyone`.
    """

    kind: str
    when: str
    """The condition on the row; one of a rule's ways is met where the row is seen."""


EVERYONE = Way("everyone", SIGNED_IN)
_CATEGORY = re.compile(r"caller_keys\('(\w+)'\)")
_SCOPE = re.compile(r"caller_can\('([\w:]+)'\)")


def mine(when: str) -> Way:
    """It is about the caller or for them, or they did it."""
    return Way("person", when)


def ours(when: str) -> Way:
    """The caller's agency has to do with it."""
    return Way("agency", when)


def by_power(scope: str, when: str = "true") -> Way:
    """A power of the caller lets them."""
    return Way(f"power {scope}", f"({when}) AND (SELECT caller_can('{scope}'))")


@dataclass(frozen=True)
class RowRule:
    """The access rule of one table; SQL conditions over its columns and the caller's context.

    `says` is the rule in words, for the reviewer and for access.md. A condition left None means
    that the API cannot do it at all: no policy and no grant. `check` is for what a changed row must
    still satisfy, where that differs. `auth` lists what the sign-in role may do, on every row;
    `auth_add` and `auth_change` are for what its new and changed rows must satisfy. `why` tells
    apart the ways to see a row, where there are others than keys, or the condition of all.
    """

    table: Table
    says: str
    see: str | None
    add: str | None = None
    change: str | None = None
    check: str | None = None
    remove: str | None = None
    auth: tuple[Literal["SELECT", "INSERT", "UPDATE", "DELETE"], ...] = ()
    auth_add: str = "true"
    auth_change: str = "true"
    triggers: tuple[str, ...] = field(default=())
    why: tuple[Way, ...] = ()

    def __post_init__(self) -> None:
        self.table.info[RULE] = self

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to see a row, beside its keys."""
        return self.why or ((EVERYONE,) if self.see == SIGNED_IN else ())

    @property
    def category(self) -> str | None:
        """The data category of all the rows, where only an agreement that covers it shows them."""
        found = set(_CATEGORY.findall(self.see or ""))
        return found.pop() if len(found) == 1 else None

    @property
    def scopes(self) -> list[str]:
        """The powers that the rule speaks of."""
        said = (self.see, self.add, self.change, self.check, self.remove)
        return sorted({scope for each in said for scope in _SCOPE.findall(each or "")})

    @property
    def name(self) -> str:
        """The table as SQL writes it, schema included."""
        return self.table.fullname

    def policies(self) -> Iterator[tuple[str, str, str, str]]:
        """(policy, command, role, clause) of each policy, as the database should have them."""
        yield "owner", "ALL", "portal_owner", "USING (true) WITH CHECK (true)"
        for command in self.auth:
            clause = "USING (true)"
            if command == "INSERT":
                clause = f"WITH CHECK ({self.auth_add})"
            elif command == "UPDATE":
                clause += f" WITH CHECK ({self.auth_change})"
            yield f"auth_{command.lower()}", command, "portal_auth", clause
        if self.see is not None:
            yield "see", "SELECT", "portal_runtime", f"USING ({self.see})"
        if self.add is not None:
            yield "add", "INSERT", "portal_runtime", f"WITH CHECK ({self.add})"
        if self.change is not None:
            yield (
                "change",
                "UPDATE",
                "portal_runtime",
                f"USING ({self.change}) WITH CHECK ({self.check or self.change})",
            )
        if self.remove is not None:
            yield "remove", "DELETE", "portal_runtime", f"USING ({self.remove})"

    def statements(self) -> Iterator[str]:
        """The DDL that puts this rule on its table."""
        yield f"ALTER TABLE {self.name} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {self.name} FORCE ROW LEVEL SECURITY"
        for policy, command, role, clause in self.policies():
            yield f"CREATE POLICY {policy} ON {self.name} FOR {command} TO {role} {clause}"
            if role != "portal_owner":
                yield f"GRANT {command} ON {self.name} TO {role}"
        yield from self.triggers


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a SQLModel class."""
    table = inspect(model).local_table
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} has no table")
    return table


def _trigger(name: str, when: str, table: str, function: str) -> str:
    return f"CREATE TRIGGER {name} {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}"


def tracked(model: type[SQLModel], parent: str = "", *, kept: bool = False) -> tuple[str, ...]:
    """Triggers that count versions and record changes; see `recorded`."""
    return (counted(model), recorded(model, parent, kept=kept))


def counted(model: type[SQLModel], *columns: str) -> str:
    """The trigger that counts versions; `columns` are those that matter, if not all do."""
    table = table_of(model)
    _needs(table, {"version", *columns})
    when = f"BEFORE UPDATE OF {', '.join(columns)}" if columns else "BEFORE UPDATE"
    dated = "updated_at" in table.columns
    return _trigger("b_touch", when, table.name, "touch_row()" if dated else "count_row()")


def recorded(
    model: type[SQLModel], parent: str = "", *, kept: bool = False, case: bool = False
) -> str:
    """The trigger that records changes; `parent` is the initiative's column, if there is one.

    A row without keys is one that everyone sees. Of a row that hangs on no initiative the keys do
    not change: nothing would carry new ones to its history. `kept`: the row's `audience` may keep
    it, and what happens to it, within its `agency_id`. `case`: of a case, which changes hands and
    has no history, since that would outlive its keys.
    """
    table = table_of(model)
    _needs(table, {"id", "acl", parent} if parent else {"id"})
    table.info[RECORDED] = True
    word = "case" if case else "kept" if kept else "" if "acl" in table.columns else "everyone"
    arguments = f"'{model.__name__}', '{parent}', '{word}'"
    when = "AFTER INSERT OR UPDATE OR DELETE"
    return _trigger("z_record", when, table.name, f"record_change({arguments})")


def _needs(table: Table, columns: set[str]) -> None:
    missing = columns - set(table.columns.keys())
    if missing:
        raise TypeError(f"{table.name} cannot be tracked without {sorted(missing)}")


def follows(  # noqa: PLR0913 - a rule has this many sides
    model: type[SQLModel],
    says: str,
    *,
    add: str = HELD,
    change: str | None = HELD,
    remove: str | None = None,
    keys: str = "initiative_child_keys()",
) -> RowRule:
    """A row of an initiative: seen with it, since a trigger copies the initiative's keys."""
    table = table_of(model)
    own = _trigger("a_keys", "BEFORE INSERT OR UPDATE", table.name, keys)
    triggers = (own, *tracked(model, "initiative_id"))
    return RowRule(table, says, HELD, add=add, change=change, remove=remove, triggers=triggers)


def everyone(model: type[SQLModel], says: str, **more: str | tuple[str, ...]) -> RowRule:
    """A row that every signed-in caller sees."""
    return RowRule(table_of(model), says, SIGNED_IN, **more)  # type: ignore[arg-type]  # only str and tuple fields


def hidden(
    model: type[SQLModel], says: str, *auth: Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
) -> RowRule:
    """A row that the API never reads; the sign-in role may, as far as `auth` says."""
    return RowRule(table_of(model), says, None, auth=auth)
