"""Who is calling cannot be made up: forged, borrowed and outlived contexts see nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from auth.oauth.resource import TOO_MANY_KEYS, invalid_token
from portal.sample.partnership import agency_id, membership_id
from portal.settings import Settings
from portal.store.engines import Engines

OPEN = "SELECT * FROM open_command_caller($1, $2)"
WIRRAL = "wirral.coordinator"


async def connected(settings: Settings, role: str = "command") -> asyncpg.Connection:
    return await asyncpg.connect(
        settings.database_urls[f"PORTAL_{role.upper()}_DATABASE_URL".replace("_RUNTIME", "")]
    )


async def count(connection: asyncpg.Connection, table: str = "agency") -> int:
    return await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names


async def test_without_a_caller_there_are_no_rows(engines: Engines, settings: Settings) -> None:
    for role in ("command", "runtime"):
        connection = await connected(settings, role)
        assert await count(connection) == 0
        assert await count(connection, "initiative") == 0
        await connection.close()


async def test_an_opened_caller_sees_rows_until_the_transaction_ends(
    engines: Engines, settings: Settings
) -> None:
    connection = await connected(settings)
    async with connection.transaction():
        await connection.fetchrow(OPEN, membership_id(WIRRAL), uuid4())
        assert await count(connection) > 20
    assert await count(connection) == 0
    await connection.close()


async def test_a_context_carried_into_the_next_transaction_is_worth_nothing(
    engines: Engines, settings: Settings
) -> None:
    connection = await connected(settings)
    async with connection.transaction():
        await connection.fetchrow(OPEN, membership_id(WIRRAL), uuid4())
        stolen = await connection.fetchval("SELECT current_setting('portal.caller')")
    async with connection.transaction():
        await connection.execute("SELECT set_config('portal.caller', $1, true)", stolen)
        assert await count(connection) == 0
    await connection.close()


async def test_a_context_carried_to_another_connection_is_worth_nothing(
    engines: Engines, settings: Settings
) -> None:
    mine, other = await connected(settings), await connected(settings)
    async with mine.transaction(), other.transaction():
        await mine.fetchrow(OPEN, membership_id(WIRRAL), uuid4())
        stolen = await mine.fetchval("SELECT current_setting('portal.caller')")
        await other.execute("SELECT set_config('portal.caller', $1, true)", stolen)
        assert (await count(mine), await count(other)) != (0, 0)
        assert await count(other) == 0
    await mine.close()
    await other.close()


@pytest.mark.parametrize("part", range(12))
async def test_changing_any_part_of_a_context_breaks_it(
    engines: Engines, settings: Settings, part: int
) -> None:
    connection = await connected(settings)
    async with connection.transaction():
        await connection.fetchrow(OPEN, membership_id(WIRRAL), uuid4())
        signed = await connection.fetchval("SELECT current_setting('portal.caller')")
        mac, *parts = signed.split("|")
        parts[part] = (
            parts[part][:-1] + ("0" if parts[part][-1:] != "0" else "1") if parts[part] else "x"
        )
        await connection.execute(
            "SELECT set_config('portal.caller', $1, true)", "|".join((mac, *parts))
        )
        assert await count(connection) == 0
    await connection.close()


@pytest.mark.parametrize(
    "function",
    [
        "context_mac('x')",
        "set_context(NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL)",
        "open_principal(NULL,NULL,NULL,NULL,NULL)",
        "capability('agency')",
        "keys_of(NULL,NULL,true)",
    ],
)
async def test_nobody_can_call_what_makes_a_context(
    engines: Engines, settings: Settings, function: str
) -> None:
    for role in ("command", "runtime", "auth"):
        connection = await connected(settings, role)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval(f"SELECT {function}")
        await connection.close()


async def test_only_signing_in_may_ask_what_somebody_could_do_today(
    engines: Engines, settings: Settings
) -> None:
    for role in ("command", "runtime"):
        connection = await connected(settings, role)
        for question in ("principal_today(NULL,NULL)", "consented(NULL,NULL,NULL)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetchval(f"SELECT {question}")
        await connection.close()


async def test_the_api_cannot_open_callers_as_commands_do(
    engines: Engines, settings: Settings
) -> None:
    connection = await connected(settings, "runtime")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetchrow(OPEN, membership_id(WIRRAL), uuid4())
    await connection.close()


async def test_somebody_who_has_left_or_never_was_has_no_access(
    engines: Engines, settings: Settings
) -> None:
    connection = await connected(settings)
    before_she_joined = datetime(2020, 1, 1, tzinfo=UTC)
    for principal, moment in ((uuid4(), None), (membership_id(WIRRAL), before_she_joined)):
        with pytest.raises(asyncpg.PostgresError, match="no access") as refused:
            await connection.fetchrow(
                "SELECT * FROM open_command_caller($1, $2, $3)", principal, uuid4(), moment
            )
        assert refused.value.sqlstate == "PA401"
    await connection.close()


ACCEPTED = text(
    "INSERT INTO client_acceptance (id, owner_membership_id, accepted_at, scopes, grants,"
    " redirect_uris, thumbprints) SELECT id, owner_membership_id, created_at, scopes, grants,"
    " redirect_uris, '{}' FROM client WHERE id = :id"
)


async def client(engines: Engines, owner: UUID, scopes: list[str]) -> UUID:
    made = uuid4()
    async with engines.owner.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO client (id, agency_id, name, owner_membership_id, scopes, created_at,"
                " expires_at, redirect_uris, grants, version) VALUES (:id, :agency, 'A program',"
                " :owner, :scopes, :now, :then, '{}', '{client_credentials}', 1)"
            ),
            {
                "id": made,
                "agency": agency_id("wirral"),
                "owner": owner,
                "scopes": scopes,
                "now": datetime.now(UTC),
                "then": datetime.now(UTC) + timedelta(days=30),
            },
        )
        await connection.execute(ACCEPTED, {"id": made})
    return made


async def test_a_program_can_do_no_more_than_the_person_who_answers_for_it(
    engines: Engines, settings: Settings
) -> None:
    wide = ["initiatives:contribute", "initiatives:edit", "initiatives:read"]
    connection = await connected(settings)
    for owner, expected in (("wirral.viewer", ["initiatives:read"]), ("wirral.coordinator", wide)):
        program = await client(engines, membership_id(owner), wide)
        async with connection.transaction():
            opened = await connection.fetchrow(OPEN, program, uuid4())
        assert sorted(opened["scopes"]) == expected
    await connection.close()


async def test_eight_callers_at_once_never_see_each_others_rows(
    engines: Engines, settings: Settings
) -> None:
    """Callers change hands on pooled connections; each must always be itself."""

    async def once(who: str) -> None:
        async with engines.command.connect() as connection:
            raw = (await connection.get_raw_connection()).driver_connection
            assert raw is not None
            async with raw.transaction():
                await raw.fetchrow(OPEN, membership_id(who), uuid4())
                assert await raw.fetchval("SELECT caller_agency()") == agency_id(
                    who.split(".", maxsplit=1)[0]
                )

    people = ["wirral.coordinator", "sefton.coordinator", "rasa.coordinator", "police.viewer"] * 50
    await asyncio.gather(*(once(who) for who in people))


async def test_a_member_of_more_teams_than_keys_fit_is_told_so_and_sees_no_wrong_rows(
    engines: Engines, settings: Settings
) -> None:
    """64 keys are the agency's four and sixty teams; a row of a 61st must not go missing."""
    who = membership_id("police.viewer")
    join = (
        "WITH t AS (INSERT INTO team (id, agency_id, name) SELECT gen_random_uuid(), $1::uuid, n"
        " FROM unnest($3::text[]) n RETURNING id)"
        " INSERT INTO team_member (team_id, membership_id, agency_id, leads)"
        " SELECT id, $2::uuid, $1::uuid, false FROM t"
    )
    owner = await connected(settings, "owner")
    meanwhile = owner.transaction()
    await meanwhile.start()
    held = await owner.fetchval("SELECT count(*) FROM team_member WHERE membership_id = $1", who)
    await owner.execute(join, agency_id("police"), who, [f"T{n}" for n in range(60 - held)])
    opened = await owner.fetchrow(OPEN, who, uuid4())
    assert len(opened["team_ids"]) == 60
    assert len(await owner.fetchval("SELECT caller_keys()")) == 64
    await owner.execute(join, agency_id("police"), who, ["One too many"])
    with pytest.raises(asyncpg.PostgresError, match=TOO_MANY_KEYS) as refused:
        await owner.fetchrow(OPEN, who, uuid4())
    assert str(invalid_token(refused.value)) == f"Whoever it speaks for {TOO_MANY_KEYS}."
    await meanwhile.rollback()
    await owner.close()
