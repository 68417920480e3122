"""A migrated database is the declared one, row rules and grants included; migrators take turns."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from support.catalog import catalog, differences
from support.databases import empty_database

from portal import database
from portal.furnishing import furnish_portal
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.migrations.migrate import (
    MigrationProblem,
    Stand,
    at_head,
    head,
    migrate,
    scripts,
    stand,
)
from portal.store.server import Server
from portal.write_migration import SQL, revision_of, written

STALE = "The declarations have changed: run `poe migration` (once released, write a migration)."
CALLERS = ("portal_auth", "portal_runtime", "portal_command")
LOGIN_ROLES = (*CALLERS, "portal_worker")


@pytest.fixture(scope="module")
async def migrated(server: Server) -> AsyncIterator[Engines]:
    """A database brought to head by the migrations, as an operator does it."""
    async with empty_database(server, "migrated") as engines:
        await migrate(engines.owner, furnish_portal)
        yield engines


@pytest.fixture
async def owner(migrated: Engines) -> AsyncIterator[AsyncConnection]:
    async with migrated.owner.connect() as connection:
        yield connection


async def values(connection: AsyncConnection, sql: str, **given: object) -> set[str]:
    return set((await connection.execute(text(sql), given)).scalars())


def test_the_first_migration_is_what_the_declarations_say_today():
    if len(list(scripts().walk_revisions())) > 1:
        pytest.skip("the first migration is released, and stays as it is")
    assert SQL.read_text() == written(), STALE
    assert scripts().get_base() == revision_of(written()), STALE


async def test_a_migrated_database_equals_the_declared_one(server: Server, owner: AsyncConnection):
    async with empty_database(server, "declared") as declared, declared.owner.connect() as other:
        await build(other, database.statements())
        found = differences(await catalog(owner), await catalog(other))
    ours = [line for line in found if "alembic_version" not in line]
    assert not ours, STALE + "\n" + "\n".join(ours[:20])
    assert not [line for line in found if line.startswith("+") and "alembic_version" in line]


async def test_the_functions_with_their_owners_rights_are_those_on_the_list(owner: AsyncConnection):
    definers = "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef"
    named = "SELECT name::regprocedure::text FROM unnest(CAST(:names AS text[])) name"
    assert await values(owner, definers) == await values(
        owner, named, names=list(database.DEFINERS)
    )


async def test_no_function_finds_a_callers_objects_before_ours(owner: AsyncConnection):
    unpinned = """
        SELECT oid::regprocedure::text FROM pg_proc p
        WHERE pronamespace::regnamespace::text IN ('public', 'auth_secret')
          AND NOT EXISTS (
              SELECT FROM unnest(proconfig) c WHERE c LIKE 'search_path=%pg_temp')"""
    assert await values(owner, unpinned) == set()


async def test_functions_are_called_by_those_on_the_list_and_by_no_others(owner: AsyncConnection):
    callable_by = """
        SELECT p.oid::regprocedure || ' ' || r
        FROM pg_proc p, unnest(CAST(:roles AS text[])) r
        WHERE pronamespace::regnamespace::text IN ('public', 'auth_secret')
          AND has_function_privilege(r, p.oid, 'EXECUTE')"""
    declared = {f"{f} {r}" for f in database.CALLABLE for r in CALLERS}
    declared |= {f"{f} {role}" for f, role in database.DEFINERS.items() if role}
    declared |= {
        f"{f} portal_command" for f, role in database.DEFINERS.items() if role == "portal_runtime"
    }
    named = """
        SELECT split_part(line, ' ', 1)::regprocedure || ' ' || split_part(line, ' ', 2)
        FROM unnest(CAST(:lines AS text[])) line"""
    assert await values(owner, callable_by, roles=[*LOGIN_ROLES, "public"]) == await values(
        owner, named, lines=sorted(declared)
    )


async def test_every_table_is_behind_row_rules_that_bind_its_owner_too(owner: AsyncConnection):
    open_tables = """
        SELECT c.oid::regclass::text FROM pg_class c
        WHERE relnamespace::regnamespace::text IN ('public', 'auth_secret')
          AND relkind IN ('r', 'p', 'v', 'm', 'f')
          AND NOT (relkind IN ('r', 'p') AND relrowsecurity AND relforcerowsecurity AND EXISTS (
              SELECT FROM pg_policies
              WHERE policyname = 'owner' AND roles = '{portal_owner}' AND cmd = 'ALL'
              AND (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass = c.oid))"""
    assert await values(owner, open_tables) == set()


async def test_who_serves_requests_owns_nothing_and_can_make_nothing(owner: AsyncConnection):
    owned = """
        SELECT r.rolname || ' ' || d.classid::regclass || ' ' || d.objid FROM pg_shdepend d
        JOIN pg_roles r ON r.oid = d.refobjid WHERE d.deptype = 'o' AND r.rolname = ANY (:roles)"""
    assert await values(owner, owned, roles=list(LOGIN_ROLES)) == set()
    makes = """
        SELECT r || ' ' || n.nspname FROM unnest(CAST(:roles AS text[])) r, pg_namespace n
        WHERE has_schema_privilege(r, n.oid, 'CREATE')"""
    assert await values(owner, makes, roles=list(LOGIN_ROLES)) == set()


async def test_the_api_roles_do_not_reach_the_secrets(owner: AsyncConnection):
    reach = """
        SELECT r FROM unnest(CAST(:roles AS text[])) r
        WHERE has_schema_privilege(r, 'auth_secret', 'USAGE')"""
    assert await values(owner, reach, roles=list(LOGIN_ROLES)) == {"portal_auth"}


async def test_the_policies_in_the_database_are_the_declared_ones(owner: AsyncConnection):
    """PostgreSQL rewrites a condition as it stores it: the declared one is stored once more."""
    stored = """
        SELECT polname, polcmd::text, polpermissive, polroles::regrole[]::text,
               pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
        FROM pg_policy
        WHERE polrelid = CAST(:table AS regclass) AND (polname LIKE 'again_%') = :again
        ORDER BY 1"""
    tables = set()
    for rule in database.RULES.values():
        nested = await owner.begin_nested()
        for name, command, role, clause in rule.policies():
            await owner.execute(
                text(f"CREATE POLICY again_{name} ON {rule.name} FOR {command} TO {role} {clause}")
            )
        there = (await owner.execute(text(stored), {"table": rule.name, "again": False})).all()
        again = (await owner.execute(text(stored), {"table": rule.name, "again": True})).all()
        await nested.rollback()
        assert there == [(name.removeprefix("again_"), *rest) for name, *rest in again], rule.name
        tables.add(rule.name.removeprefix("public."))
    behind_rules = "SELECT DISTINCT polrelid::regclass::text FROM pg_policy"
    assert await values(owner, behind_rules) == tables | {"alembic_version"}


async def test_each_table_is_granted_what_its_rule_says_and_no_more(owner: AsyncConnection):
    granted = """
        SELECT concat_ws(' ', c.oid::regclass, g.grantee::regrole, g.privilege_type)
        FROM pg_class c, aclexplode(relacl) g
        WHERE relkind = 'r' AND g.grantee <> relowner
          AND relnamespace::regnamespace::text IN ('public', 'auth_secret')"""
    declared = {
        f"{rule.name} {role} {command}"
        for rule in database.RULES.values()
        for _, command, role, _ in rule.policies()
        if role != "portal_owner"
    }
    assert await values(owner, granted) == declared | {"alembic_version portal_runtime SELECT"}


async def test_two_migrators_wait_for_each_other(server: Server):
    async with empty_database(server, "contested") as first:
        second = Engines(first.settings)
        assert await stand(first.runtime) is Stand.EMPTY
        done = await asyncio.gather(
            migrate(first.owner, furnish_portal), migrate(second.owner, furnish_portal)
        )
        await second.dispose()
        assert sorted(str(one.before) for one in done) == sorted(["None", head()])
        assert await stand(first.runtime) is Stand.HEAD


async def test_a_second_run_changes_nothing(migrated: Engines, owner: AsyncConnection):
    key = "SELECT md5(k.inner) FROM auth_secret.context_key k"
    roles = "SELECT role || ' ' || scope FROM role_scope"
    before = await values(owner, key), await values(owner, roles), await catalog(owner)
    await owner.rollback()  # its locks would stop the other one
    again = Engines(migrated.settings)
    assert (await migrate(again.owner, furnish_portal)).before == head()
    await again.dispose()
    assert (await values(owner, key), await values(owner, roles), await catalog(owner)) == before


async def test_a_half_done_migration_leaves_nothing(server: Server):
    async def breaks(_: AsyncConnection) -> None:
        raise MigrationProblem("broken")

    async with empty_database(server, "broken") as engines:
        async with engines.owner.begin() as connection:
            await connection.execute(text("CREATE TABLE initiative (id int)"))
        with pytest.raises(Exception, match="already exists"):
            await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as connection:
            left = await values(
                connection,
                "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace",
            )
            assert left == {"initiative"}
            await connection.execute(text("DROP TABLE initiative"))
        with pytest.raises(MigrationProblem, match="broken"):
            await migrate(engines.owner, breaks)
        assert (await migrate(engines.owner, furnish_portal)).before == head(), (
            "the lock was given back"
        )


async def test_a_database_of_another_release_is_served_and_never_migrated(server: Server):
    async with empty_database(server, "later") as engines:
        assert not await at_head(engines.runtime)
        await migrate(engines.owner, furnish_portal)
        assert await at_head(engines.runtime)
        async with engines.owner.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = 'a_later_one'"))
        assert await stand(engines.runtime) is Stand.UNKNOWN
        assert await at_head(engines.runtime), (
            "the release before serves on while the next one is rolled out"
        )
        with pytest.raises(MigrationProblem, match="a_later_one"):
            await migrate(engines.owner, furnish_portal)


async def test_a_table_in_use_stops_a_migration_in_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("portal.store.migrations.migrate.LOCK_TIMEOUT", "100ms")
    async with empty_database(server, "busy") as engines:
        await migrate(engines.owner, furnish_portal)
        async with engines.owner.begin() as connection:
            await connection.execute(text("DELETE FROM alembic_version"))
        busy = Engines(engines.settings)
        async with busy.runtime.connect() as reader:
            await reader.execute(text("SELECT * FROM alembic_version"))
            with pytest.raises(MigrationProblem, match="in use"):
                await migrate(engines.owner, furnish_portal)
        await busy.dispose()
