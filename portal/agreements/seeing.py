"""Why somebody sees a record, what they lack for all of it, and what they may do: as the database's
keys have it.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import ARRAY, Integer, Select, String, Text, cast, func, null, select
from sqlalchemy import column as column_

from portal.reading.declare import Ask, Columns, column, value, value_type, values


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
    POWER = "power"
    """A role lets you."""
    CATEGORY = "category"
    """An agreement covers this kind of data."""


_NAMED = (column_("kind", String), column_("label", String))


def _rules(row: Columns, _: Ask) -> Select[Any]:
    found = func.access_rules(row.acl).table_valued(column_("key", Integer), *_NAMED)
    kind = func.coalesce(found.c.kind, "").label("kind")
    label = func.coalesce(found.c.label, "").label("label")
    return select(kind, label).order_by(found.c.key)


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
    label: str = column("What it is called: an agency or team of yours, an agreement you are in.")


@value_type
class AccessMissing:
    """Something that you lack for seeing all of the record."""

    kind: AccessKind = column("POWER or CATEGORY.")
    label: str = column("Which power, or which kind of data.")
    granted_by: str = column("Who could give it.")


@value_type
class Access:
    """Why you see a record. It names nothing that you are no party to."""

    decision: AccessDecision = column("How much of it you may see.")
    rules: list[AccessRule] = values(
        "What lets you: without all of these you would not.", _rules, size=5
    )
    missing: list[AccessMissing] = values("What you lack for all of it.", _missing, size=13)
    powers: list[str] = column("Your powers over records of this kind, as scopes.")


def _access(
    row: Columns,
    about: str,
    full_acl: Any,  # noqa: ANN401 - a column, or NULL
    categories: Any,  # noqa: ANN401 - the same
) -> Select[Any]:
    decision = func.access_decision(full_acl, categories, type_=Text)
    return select(
        func.coalesce(decision, "full").label("decision"),
        func.coalesce(func.access_powers(about, type_=ARRAY(Text)), []).label("powers"),
        row.acl.label("acl"),
        full_acl.label("full_acl"),
        categories.label("categories"),
    )


def why_seen(about: str) -> Any:  # noqa: ANN401 - a field
    """The field `access` of a record that is seen in whole; `about` begins the scopes for it."""
    no_keys, nothing = cast(null(), ARRAY(Integer)), cast(null(), ARRAY(Text))
    return value(_SAYS, lambda row, _: _access(row, about, no_keys, nothing))


def why_case_seen() -> Any:  # noqa: ANN401 - a field
    """The same of a case, whose full view is more than its summary."""
    return value(_SAYS, lambda row, _: _access(row, "referrals", row.full_acl, row.categories))


_SAYS = "Why you see it, what you lack for all of it, and what you may do."
