"""Why somebody sees a record, what they lack for all of it, and what they may do: as the database's
keys and the row rule of its table have it, for every type alike.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    Text,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy import column as column_

from portal.reading.declare import SOURCES, Ask, Columns, Source, Value, column, value_type, values
from portal.store.rules import EVERYONE, RULE, RowRule


class AccessDecision(StrEnum):
    """How much of a record you may see."""

    SUMMARY = "summary"
    """Of a case that there is one, from whom, to whom and how it stands."""
    PARTLY = "partly"
    """Its full view without the kinds of data that the agreement does not cover."""
    FULL = "full"
    """All of it."""


class AccessKind(StrEnum):
    """What kind of thing lets somebody see a record, or would."""

    EVERYONE = "everyone"
    """It is public within the portal."""
    PARTNERSHIP = "partnership"
    """Every agency of the partnership sees it."""
    AGENCY = "agency"
    """Your agency takes part in it."""
    TEAM = "team"
    """A team of yours takes part in it."""
    AGREEMENT = "agreement"
    """Your agency was given it under an agreement that is in force."""
    EMERGENCY = "emergency"
    """A team of yours was given it in an emergency, for some hours."""
    PERSON = "person"
    """It is about you or for you, or you did it."""
    POWER = "power"
    """A role lets you."""
    ROLE = "role"
    """The agreement by which your agency has it permits its use to these roles only."""
    CATEGORY = "category"
    """An agreement covers this kind of data."""


_NAMED = (column_("kind", String), column_("label", String))


def _rules(row: Columns, _: Ask) -> Select[Any]:
    told = func.access_rules(row.acl, row.category, row.ways)
    found = told.table_valued(column_("key", Integer), *_NAMED)
    kind = func.coalesce(found.c.kind, "").label("kind")
    label = func.coalesce(found.c.label, "").label("label")
    return select(kind, label).order_by(found.c.key, found.c.kind)


def _missing(row: Columns, _: Ask) -> Select[Any]:
    found = func.access_missing(row.acl, row.full_acl, row.categories).table_valued(
        *_NAMED, column_("granted_by", String)
    )
    kind = func.coalesce(found.c.kind, "").label("kind")
    label = func.coalesce(found.c.label, "").label("label")
    granted_by = func.coalesce(found.c.granted_by, "").label("granted_by")
    return select(kind, label, granted_by).order_by(found.c.kind.desc(), found.c.label)


@value_type
class AccessRule:
    """Something that lets you see the record."""

    kind: AccessKind = column("What kind of thing it is.")
    label: str = column(
        "What it is called: an agency or team of yours, an agreement you are in, a power of yours."
    )


@value_type
class AccessMissing:
    """Something that you lack for seeing all of the record."""

    kind: AccessKind = column("POWER, ROLE or CATEGORY.")
    label: str = column("Which power, which roles (any one of them), or which kind of data.")
    granted_by: str = column("Who could give it.")


@value_type
class Access:
    """Why you see a record. It names nothing that you are no party to."""

    decision: AccessDecision = column("How much of it you may see.")
    rules: list[AccessRule] = values(
        "What lets you: without all of these you would not.", _rules, size=5
    )
    missing: list[AccessMissing] = values("What you lack for all of it.", _missing, size=14)
    powers: list[str] = column("Your powers over records of this kind, as scopes.")


def why_seen(source: Source) -> Callable[[Columns, Ask], Select[Any]]:
    """The select behind `access` of a type's rows."""
    columns, rule = source.table.columns, source.table.info[RULE]

    def told(row: Columns, _: Ask) -> Select[Any]:
        acl = row.acl if "acl" in columns else _NO_KEYS
        full_acl = row.full_acl if "full_acl" in columns else _NO_KEYS
        categories = row.categories if "full_acl" in columns else _NOTHING
        decision = func.access_decision(full_acl, categories, type_=Text)
        powers = func.access_powers(_about(source.table), _texts(rule.scopes), type_=ARRAY(Text))
        return select(
            func.coalesce(decision, "full").label("decision"),
            func.coalesce(powers, []).label("powers"),
            acl.label("acl"),
            full_acl.label("full_acl"),
            categories.label("categories"),
            cast(rule.category, Text).label("category"),
            _ways(source, rule, row).label("ways"),
        )

    return told


def why_of(type_name: str) -> Value:
    """How `access` of this type is read."""
    return Value(why_seen(SOURCES[type_name]))


def _ways(source: Source, rule: RowRule, row: Columns) -> ColumnElement[Any]:
    """The kinds of the rule's ways that are met by the row."""
    if all(way is EVERYONE for way in rule.ways):
        return _texts([way.kind for way in rule.ways])
    met = ", ".join(f"CASE WHEN {way.when} THEN '{way.kind}' END" for way in rule.ways)
    found: ColumnElement[Any] = literal_column(f"array_remove(ARRAY[{met}], NULL)", ARRAY(Text))
    table = source.table
    return (
        select(found)
        .select_from(table)
        .where(table.c[source.key] == row[source.key])
        .scalar_subquery()
    )


def _about(table: Table) -> str:
    """What the scopes for such records begin with."""
    ties = {
        "initiative_id": "initiatives",
        "agreement_id": "agreements",
        "referral_id": "referrals",
    }
    own = f"{table.name}_id"
    columns = {own, *table.columns.keys()} if "acl" in table.columns else set()
    return next((scopes for tie, scopes in ties.items() if tie in columns), "")


def _texts(said: Sequence[str]) -> ColumnElement[Any]:
    return literal_column(
        "ARRAY[{}]::text[]".format(", ".join(f"'{one}'" for one in said)), ARRAY(Text)
    )


_NO_KEYS, _NOTHING = cast(null(), ARRAY(Integer)), cast(null(), ARRAY(Text))
