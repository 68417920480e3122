"""The login roles can do nothing beyond their grants, and an administrator gets the same ones."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from portal.settings import Settings
from portal.store.binaries import find
from portal.store.bootstrap import bootstrap
from portal.store.engines import Engines
from portal.store.server import Server, running

ROLES_SQL = Path(__file__).parents[2] / "deploy" / "postgresql-roles.sql"
SERVING = ("portal_runtime", "portal_auth", "portal_command")
ALL = (*SERVING, "portal_owner")


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    """A server of its own, because these tests change roles."""
    with running(name="roles", durable=False, fresh=True) as server:
        yield server


@pytest.mark.parametrize("role", ALL)
def test_no_role_passes_by_the_row_rules(own, ask, role):
    powerful = (
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication "
        "FROM pg_roles WHERE rolname = current_user"
    )
    assert ask(own.dsn(role), powerful) is False


@pytest.mark.parametrize("role", SERVING)
def test_a_serving_role_owns_nothing(own, ask, role):
    owned = (
        "SELECT count(*) FROM pg_shdepend JOIN pg_roles r ON r.oid = refobjid "
        "WHERE deptype = 'o' AND rolname = current_user"
    )
    assert ask(own.dsn(role), owned) == 0


@pytest.mark.parametrize("role", SERVING)
@pytest.mark.parametrize(
    "attempt",
    [
        "CREATE TABLE mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SET ROLE portal_owner",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER ROLE portal_runtime SUPERUSER",
        "COPY (SELECT 1) TO PROGRAM 'cat'",
    ],
)
def test_a_serving_role_can_make_nothing_and_become_nobody_else(own, ask, role, attempt):
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(own.dsn(role), attempt)


def test_what_the_owner_makes_is_nobodys_until_granted(own, ask):
    owner = own.dsn("portal_owner")
    ask(owner, "CREATE TABLE secret (id int)")
    ask(owner, "CREATE FUNCTION secret() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    for attempt in ("SELECT count(*) FROM secret", "SELECT secret()"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(own.dsn("portal_runtime"), attempt)
    ask(owner, "GRANT SELECT ON secret TO portal_runtime")
    assert ask(own.dsn("portal_command"), "SELECT count(*) FROM secret") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        ask(own.dsn("portal_auth"), "SELECT count(*) FROM secret")


READERS = ("portal_runtime", "portal_command")


@pytest.mark.parametrize("role", ALL)
def test_every_session_has_the_same_clock_and_limits(own, ask, role):
    expected = {
        "TimeZone": "UTC",
        "jit": "off",
        "statement_timeout": "0" if role == "portal_owner" else "15s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "30s",
        "plan_cache_mode": "force_generic_plan" if role in READERS else "auto",
        "random_page_cost": "1.1" if role in READERS else "4",
    }
    for setting, value in expected.items():
        assert ask(own.dsn(role), "SELECT current_setting($1)", setting) == value


def test_a_role_made_powerful_is_refused_at_the_next_start(own, ask):
    superuser = own.dsn("postgres")
    ask(superuser, "ALTER ROLE portal_runtime BYPASSRLS")
    try:
        with pytest.raises(asyncpg.RaiseError, match="portal_runtime"):
            bootstrap(own.dsn)
    finally:
        ask(superuser, "ALTER ROLE portal_runtime NOBYPASSRLS")


def test_an_administrator_gets_the_same_with_psql(own, ask, tmp_path):
    psql = find({}).folder / "psql"
    if not psql.exists():
        pytest.skip("this installation has no psql")
    ask(own.dsn("postgres", "postgres"), "DROP DATABASE portal WITH (FORCE)")
    for role in ALL:
        ask(own.dsn("postgres", "postgres"), f"DROP ROLE {role}")
    for _ in ("first", "again"):
        subprocess.run(  # noqa: S603 -- the psql beside the server
            [psql, "--no-psqlrc", "-q", "-h", own.socket, "-U", "postgres", "-f", ROLES_SQL],
            check=True,
            capture_output=True,
            cwd=tmp_path,
        )
    assert ask(own.dsn("portal_command"), "SELECT pg_has_role('portal_runtime', 'usage')")


async def test_each_engine_signs_in_as_its_own_role_and_says_which_it_is(settings):
    engines = Engines(settings)
    says = text("SELECT current_user::text, current_setting('application_name')")
    seen = []
    for engine in (engines.runtime, engines.auth, engines.command, engines.owner):
        async with engine.connect() as connection:
            seen.append(tuple((await connection.execute(says)).one()))
    await engines.dispose()
    assert seen == [
        ("portal_runtime", "portal-api"),
        ("portal_auth", "portal-auth"),
        ("portal_command", "portal-command"),
        ("portal_owner", "portal-migrate"),
    ]


async def test_an_engine_without_its_address_names_the_variable():
    with pytest.raises(LookupError, match="PORTAL_AUTH_DATABASE_URL"):
        _ = Engines(Settings()).auth
