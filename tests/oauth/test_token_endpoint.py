"""A program asks for a token, and what becomes of the token."""

import logging
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from joserfc.jwk import ECKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from support.accepting import accept_all

from auth.oauth.clients import add_key, end_client, retire_key
from auth.oauth.provider import Provider
from portal.changes.keeping import tidy
from portal.errors import Invalid, NotVisible


async def test_a_program_gets_a_token_and_is_recognised_by_it(desk, partner):
    answer = await desk.token(partner)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert given["token_type"] == "DPoP"
    assert given["expires_in"] == 300
    assert given["scope"] == "initiatives:contribute initiatives:read"
    used = await desk.use(partner, given["access_token"])
    assert used.json() == {"data": {"caller": str(partner.id)}}


async def test_the_audit_names_the_request_as_the_log_does(desk, partner):
    request_id = uuid4()
    answer = await desk.token(partner, headers={"x-request-id": str(request_id)})
    assert answer.headers["x-request-id"] == str(request_id)
    assert desk.audit[-1].request_id == request_id


async def test_the_audit_knows_who_got_what_and_no_secret(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    line = desk.audit[-1]
    assert (line.outcome, line.client_id) == ("issued", partner.id)
    assert line.thumbprint == partner.proof_key.thumbprint()
    assert line.scopes == ("initiatives:contribute", "initiatives:read")
    assert token not in repr(line)


async def test_tokens_are_random_and_stored_as_hashes_only(desk, partner):
    tokens = {(await desk.token(partner)).json()["access_token"] for _ in range(5)}
    assert len(tokens) == 5
    assert {len(token) for token in tokens} == {43}
    tables = await desk.sql(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
        " WHERE schemaname IN ('public', 'auth_secret')"
    )
    assert len(tables) > 5
    for table in tables:
        rows = await desk.sql(f"SELECT t::text AS row FROM {table['name']} t")  # noqa: S608
        everything = "\n".join(row["row"] for row in rows)
        assert not any(token in everything for token in tokens)
        assert not any(token.encode().hex() in everything for token in tokens)
    for token in tokens:
        kept = await desk.sql(
            "SELECT expires_at - issued_at AS life FROM auth_secret.access_token"
            " WHERE token_hash = $1",
            sha256(token.encode()).digest(),
        )
        assert [row["life"] for row in kept] == [timedelta(minutes=5)]


async def test_no_token_is_logged_at_any_level(desk, partner, caplog):
    with caplog.at_level(logging.DEBUG):
        for name in ("authlib", "sqlalchemy.engine", "portal"):
            caplog.set_level(logging.DEBUG, name)
        form = partner.form()
        token = (await desk.token(partner, form)).json()["access_token"]
        await desk.use(partner, token)
        await desk.token(partner, form)
    assert caplog.records
    assert token not in caplog.text
    assert form["client_assertion"] not in caplog.text


async def test_the_default_record_is_the_audit_log(desk_at, partner, caplog):
    desk = await desk_at(None, record=None)
    with caplog.at_level(logging.INFO, "portal.audit"):
        await desk.token(partner)
        await desk.token(partner, partner.form(scope="audit:read"))
    lines = [(record.outcome, record.client_id) for record in caplog.records]
    assert lines == [("issued", partner.id), ("refused", partner.id)]


async def test_an_expired_token_is_refused(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    await desk.sql(
        "UPDATE auth_secret.access_token SET issued_at = now() - interval '5 minutes',"
        " expires_at = now() - interval '1 second' WHERE token_hash = $1",
        sha256(token.encode()).digest(),
    )
    answer = await desk.use(partner, token)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_revoked_token_is_refused_at_the_next_request(desk, partner):
    token = (await desk.token(partner)).json()["access_token"]
    assert (await desk.use(partner, token)).status_code == 200
    await desk.sql(
        "UPDATE auth_secret.access_token SET revoked_at = now() WHERE token_hash = $1",
        sha256(token.encode()).digest(),
    )
    assert (await desk.use(partner, token)).status_code == 401


async def test_the_database_keeps_no_token_for_longer_than_five_minutes(desk, partner):
    with pytest.raises(Exception, match="access_token_short_check"):
        await desk.sql(
            "UPDATE auth_secret.access_token SET expires_at = expires_at + interval '1s'"
        )


async def test_an_ended_program_gets_no_token_and_its_tokens_stop_working(
    desk, admit, oauth_databases
):
    program = await admit()
    token = (await desk.token(program)).json()["access_token"]
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        await end_client(db, program.id, now=datetime.now(UTC))
    assert (await desk.token(program)).json()["error"] == "invalid_client"
    assert (await desk.use(program, token)).status_code == 401


async def test_a_program_changes_its_key_without_a_gap(desk, admit, oauth_databases):
    program = await admit()
    renewed = type(program)(program.id, ECKey.generate_key("P-256"))
    now = datetime.now(UTC)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        await add_key(db, program.id, renewed.key.as_dict(private=False), now=now)
    assert (await desk.token(program)).status_code == 200
    assert (await desk.token(renewed)).status_code == 400  # it rests
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        await accept_all(db, program.id)
    for key_holder in (program, renewed):
        assert (await desk.token(key_holder)).status_code == 200
    old = await desk.sql(
        "SELECT id FROM client_key WHERE thumbprint = $1", program.key.thumbprint()
    )
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        await retire_key(db, old[0]["id"], now=now)
    assert (await desk.token(program)).json()["error"] == "invalid_client"
    assert (await desk.token(renewed)).status_code == 200


async def test_a_program_without_any_key_gets_no_token(desk, admit):
    program = await admit()
    await desk.sql("UPDATE client_key SET retired_at = added_at WHERE client_id = $1", program.id)
    assert (await desk.token(program)).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 121}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expiresAt"),
        ({"expires_at": datetime(2120, 1, 1, tzinfo=UTC)}, "expiresAt"),
        ({"jwk": {}}, "key"),
        ({"jwk": {"kty": "oct", "k": "c2VjcmV0"}}, "key"),
        ({"jwk": ECKey.generate_key("P-256").as_dict(private=True)}, "key"),
        ({"jwk": ECKey.generate_key("P-384").as_dict(private=False)}, "key"),
    ],
)
async def test_a_program_that_is_not_properly_named_limited_or_keyed_is_not_let_in(
    admit, change, field
):
    with pytest.raises(Invalid) as refused:
        await admit(**change)
    assert refused.value.findings[0].path == (field,)


async def test_a_program_has_few_keys_and_none_twice(admit, oauth_databases):
    program = await admit()
    now = datetime.now(UTC)
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        with pytest.raises(Invalid, match="already"):
            await add_key(db, program.id, program.key.as_dict(private=False), now=now)
        for _ in range(3):
            jwk = ECKey.generate_key("P-256").as_dict(private=False)
            await add_key(db, program.id, jwk, now=now)
        with pytest.raises(Invalid, match="at most 4"):
            await add_key(db, program.id, ECKey.generate_key("P-256").as_dict(), now=now)


async def test_a_key_or_program_that_there_is_not_cannot_be_ended(oauth_databases):
    async with AsyncSession(oauth_databases.owner) as db, db.begin():
        with pytest.raises(NotVisible):
            await retire_key(db, uuid4(), now=datetime.now(UTC))
        with pytest.raises(NotVisible):
            await end_client(db, uuid4(), now=datetime.now(UTC))


async def test_marks_are_kept_as_long_as_a_replay_would_work(desk, partner, oauth_databases):
    spent = ("access_token", "seen_proof", "seen_assertion", "refresh_token", "authorization_code")
    for table in (*spent, "pushed_request"):
        await desk.sql(f"DELETE FROM auth_secret.{table}")  # noqa: S608 - ours
    assert (await desk.token(partner)).status_code == 200
    now = datetime.now(UTC)
    for later, gone in [(0, 0), (75, 0), (7 * 60, 1), (62 * 60, 1), (67 * 60, 1)]:
        removed = await tidy(async_sessionmaker(oauth_databases.auth), now + timedelta(0, later))
        assert sum(removed.values()) == gone, later
    assert not await desk.sql("SELECT FROM auth_secret.seen_assertion")


@pytest.mark.parametrize(
    "url", ["http://portal.example.org", "portal.example.org", "ftp://localhost"]
)
def test_a_server_without_encryption_is_refused_before_the_first_request(url, keyring):
    with pytest.raises(ValueError, match="must start with https"):
        Provider(url, keyring)


async def test_the_role_of_the_api_reaches_no_token_and_no_mark(desk):
    granted = await desk.sql(
        "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
        " WHERE grantee = 'portal_runtime' AND table_schema = 'auth_secret'"
    )
    assert not granted
