"""The whole database as declared: every room's tables, functions and row rules, in the order they
are made.
"""

from collections.abc import Iterator
from importlib.resources import files

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

import auth.access
import auth.accounts.access
import auth.federation.access
import auth.oauth.access
import auth.people.access
import auth.sessions.access
import portal.actions.access
import portal.agencies.access
import portal.agreements.access
import portal.calendars.access
import portal.changes.access
import portal.charging.access
import portal.evidence.access
import portal.frameworks.access
import portal.funding.access
import portal.initiatives.access
import portal.marac.access
import portal.measures.access
import portal.milestones.access
import portal.outbox.access
import portal.people.access
import portal.referrals.access
import portal.referrals.consents.access
import portal.referrals.cover.access
import portal.referrals.emergencies.access
import portal.referrals.outside.access
import portal.referrals.telling.access
import portal.risks.access
import portal.voices.access
from portal.store.rules import RowRule

_FUNCTIONS = (
    ("portal.store", "sql/context.sql"),
    ("auth.people", "roles.sql"),
    ("auth.sessions", "sessions.sql"),
    ("auth", "sql/caller.sql"),
    ("auth.oauth", "clients.sql"),
    ("auth.accounts", "guesses.sql"),
    ("auth.people", "own.sql"),
    ("auth.people", "people.sql"),
    ("auth.people", "invitations.sql"),
    ("auth.people", "teams.sql"),
    ("auth.federation", "federation.sql"),
    ("portal.changes", "changes.sql"),
    ("portal.changes", "keeping.sql"),
    ("portal.initiatives", "keys.sql"),
    ("portal.initiatives", "partners.sql"),
    ("portal.measures", "corrections.sql"),
    ("portal.frameworks", "keys.sql"),
    ("portal.proposals", "proposals.sql"),
    ("portal.frameworks", "versions.sql"),
    ("portal.agencies", "succession.sql"),
    ("portal.voices", "voices.sql"),
    ("portal.people", "leaving.sql"),
    ("portal.agreements", "gate.sql"),
    ("portal.agreements", "keys.sql"),
    ("portal.agreements", "telling.sql"),
    ("portal.agreements", "seeing.sql"),
    ("portal.outbox", "outbox.sql"),
    ("portal.actions", "telling.sql"),
    ("portal.referrals", "keys.sql"),
    ("portal.referrals", "allocating.sql"),
    ("portal.referrals.cover", "covering.sql"),
    ("portal.referrals", "totals.sql"),
    ("portal.referrals", "offering.sql"),
    ("portal.referrals.emergencies", "keeping.sql"),
    ("portal.referrals", "stopping.sql"),
    ("portal.referrals", "succession.sql"),
    ("portal.referrals", "passing.sql"),
    ("portal.referrals.telling", "teams.sql"),
    ("portal.referrals.telling", "actions.sql"),
    ("portal.referrals.telling", "agreements.sql"),
    ("portal.referrals", "recomputing.sql"),
    ("portal.charging", "support.sql"),
    ("portal.charging", "plans.sql"),
)
_ROOMS = (
    auth.access,
    auth.oauth.access,
    auth.people.access,
    auth.sessions.access,
    auth.accounts.access,
    auth.federation.access,
    portal.agencies.access,
    portal.calendars.access,
    portal.changes.access,
    portal.initiatives.access,
    portal.actions.access,
    portal.milestones.access,
    portal.risks.access,
    portal.evidence.access,
    portal.measures.access,
    portal.funding.access,
    portal.frameworks.access,
    portal.voices.access,
    portal.people.access,
    portal.agreements.access,
    portal.outbox.access,
    portal.referrals.access,
    portal.referrals.emergencies.access,
    portal.referrals.cover.access,
    portal.referrals.consents.access,
    portal.referrals.outside.access,
    portal.referrals.telling.access,
    portal.charging.access,
    portal.marac.access,
)

RULES: dict[str, RowRule] = {rule.name: rule for room in _ROOMS for rule in room.RULES}
"""Every table's row rule, by the table's name."""

DEFINERS: dict[str, str] = {name: role for room in _ROOMS for name, role in room.DEFINERS.items()}
"""Every function that runs with its owner's rights, and who may call it."""

CALLABLE: tuple[str, ...] = (
    *auth.access.CALLABLE,
    *auth.people.access.CALLABLE,
    *portal.changes.access.CALLABLE,
    *portal.agreements.access.CALLABLE,
    *portal.referrals.access.CALLABLE,
)

_FOLLOWERS = tuple(
    rule.table.name
    for rule in RULES.values()
    if {"initiative_id", "acl"} <= set(rule.table.columns.keys())
    and rule.name not in {"change", "history"}
)


def tables() -> list[Table]:
    """Every declared table, parents first."""
    return list(SQLModel.metadata.sorted_tables)


def statements() -> Iterator[str]:
    """The DDL of a new database, one statement or one file of functions at a time."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's dialects are untyped
    yield "CREATE SCHEMA auth_secret"
    yield "REVOKE ALL ON SCHEMA auth_secret FROM PUBLIC"
    yield "GRANT USAGE ON SCHEMA auth_secret TO portal_auth"
    for table in tables():
        yield str(CreateTable(table).compile(dialect=dialect)).strip()
        for index in sorted(table.indexes, key=lambda i: str(i.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
    for package, name in _FUNCTIONS:
        yield (files(package) / name).read_text()
    yield "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC"
    yield "GRANT EXECUTE ON FUNCTION " + ", ".join(CALLABLE) + " TO portal_runtime, portal_auth"
    for function, role in DEFINERS.items():
        if role:
            yield f"GRANT EXECUTE ON FUNCTION {function} TO {role}"
    for rule in RULES.values():
        yield from rule.statements()
    yield from portal.initiatives.access.TRIGGERS
    yield from portal.referrals.access.triggers(RULES.values())
    yield from portal.marac.access.TRIGGERS
    followers = ", ".join(f"'{name}'" for name in _FOLLOWERS)
    yield (
        "CREATE TRIGGER y_spread AFTER UPDATE ON initiative FOR EACH ROW"
        " WHEN (OLD.acl IS DISTINCT FROM NEW.acl)"
        f" EXECUTE FUNCTION spread_initiative_keys({followers})"
    )
