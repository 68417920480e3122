"""An operator makes keys, changes them while the portal runs, and is told what is not safe."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from joserfc.jwk import ECKey
from support.commands import run
from support.databases import environ_of, execute
from support.keyrings import throwaway_folder

from auth.keys import kept, rotating
from auth.keys.kept import SIGNING, WRAPPING
from auth.keys.ring import KeyRing, sealed_with
from auth.keys.sealing import BATCH, place
from portal.store.bootstrap import bootstrap
from portal.store.server import Server

MANY = BATCH + 20
NAME = "keyed"


@pytest.fixture(scope="module")
def databases(server: Server) -> dict[str, str]:
    """A migrated database with nobody in it."""
    bootstrap(server.dsn, NAME)
    environ = {**environ_of(server, NAME), "PORTAL_KEYS_FOLDER": str(throwaway_folder())}
    assert run("migrate", environ=environ).exit_code == 0
    return environ


@pytest.fixture
def environ(databases: dict[str, str], folder: Path) -> dict[str, str]:
    return {**databases, "PORTAL_KEYS_FOLDER": str(folder)}


def told(environ: dict[str, str], *command: str) -> str:
    ran = run("key", *command, environ=environ)
    assert ran.exit_code == 0, ran.output
    return ran.output


def refused(environ: dict[str, str], *command: str) -> str:
    ran = run("key", *command, environ=environ)
    assert ran.exit_code == 1, ran.output
    return ran.output


def findings(folder: Path) -> list[str]:
    ran = run("check", environ={"PORTAL_KEYS_FOLDER": str(folder), "PORTAL_MODE": "production"})
    return [line for line in ran.output.splitlines() if str(folder) in line or " key " in line]


def make_old(folder: Path) -> None:
    """As if the keys had been made three hours ago."""
    for file in (SIGNING, WRAPPING):
        keys = json.loads((folder / file).read_text())
        for key in keys["keys"]:
            key["made_at"] = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
        (folder / file).write_text(json.dumps(keys))


def test_the_first_keys_are_made_once(databases, tmp_path: Path):
    environ = {**databases, "PORTAL_KEYS_FOLDER": str(tmp_path / "new")}
    assert "missing" in run("check", environ=environ).output
    assert "for this user only" in told(environ, "make")
    assert findings(tmp_path / "new") == []
    assert "rotate its keys instead" in refused(environ, "make")


def test_the_list_has_each_key_and_no_secret(environ, folder: Path):
    listed = told(environ, "list")
    assert [line.split()[:2] for line in listed.splitlines()] == [
        ["signing", "current"],
        ["signing", "next"],
        ["wrapping", "current"],
        ["wrapping", "next"],
        ["context", "current"],
    ]
    for file in (SIGNING, WRAPPING):
        for one in kept.read(folder / file):
            assert one.name in listed
            assert one.secret not in listed
            assert one.secret[-30:] not in listed


def test_signing_goes_on_with_the_next_key(environ, folder: Path):
    assert "less than an hour" in refused(environ, "rotate", "signing")
    make_old(folder)
    following = kept.read(folder / SIGNING)[1].name
    assert f"Signing with {following}" in told(environ, "rotate", "signing")
    assert len(KeyRing.load(folder).jwks()["keys"]) == 3
    told(environ, "rotate", "signing", "--stolen")
    assert len(KeyRing.load(folder).jwks()["keys"]) == 2


def test_a_previous_signing_key_can_be_destroyed_at_once(environ, folder: Path):
    first = kept.read(folder / SIGNING)[0].name
    assert "rotate first" in refused(environ, "retire", "signing", first)
    make_old(folder)
    told(environ, "rotate", "signing")
    told(environ, "retire", "signing", first)
    assert first not in told(environ, "list")


def test_callers_are_signed_with_a_new_key(environ):
    assert "an hour more" in told(environ, "rotate", "context")
    assert told(environ, "list").count("context") >= 2
    assert "All before it are gone" in told(environ, "rotate", "context", "--stolen")
    assert told(environ, "list").count("context") == 1


def test_each_change_leaves_its_line_which_names_no_secret(server, environ, folder: Path):
    dsn = server.dsn("postgres", NAME)
    execute(dsn, "DELETE FROM auth_event")
    make_old(folder)
    first = kept.read(folder / SIGNING)[0].name
    told(environ, "rotate", "signing")
    told(environ, "retire", "signing", first)
    told(environ, "rotate", "wrapping")
    told(environ, "rotate", "context", "--stolen")
    second = kept.read(folder / SIGNING)[0].name
    assert lines(dsn) == [
        f"key_rotated done by the operator: signing: {second}",
        f"key_retired done by the operator: signing: {first}",
        "key_rotated done by the operator: wrapping: 2",
        "key_rotated done by the operator: context, as stolen",
    ]


def lines(dsn: str) -> list[str]:
    async def look() -> list[str]:
        connection = await asyncpg.connect(dsn)
        sql = "SELECT concat_ws(' ', kind, outcome, reason) AS line FROM auth_event ORDER BY at"
        found = [row["line"] for row in await connection.fetch(sql)]
        await connection.close()
        return found

    return asyncio.run(look())


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("", "PORTAL_OWNER_DATABASE_URL is not set"),
        ("postgresql://nobody@127.0.0.1:1/none", "The database does not answer"),
    ],
)
def test_a_stolen_key_is_changed_though_no_database_answers(
    environ, folder: Path, address: str, why: str
):
    before = kept.read(folder / SIGNING)[0].name
    away = {**environ, "PORTAL_OWNER_DATABASE_URL": address}
    said = told(away, "rotate", "signing", "--stolen")
    assert f"The portal keeps no record of this: {why}" in said
    assert kept.read(folder / SIGNING)[0].name != before


@pytest.fixture
def secrets(server: Server, databases: dict[str, str], folder: Path) -> Iterator[list[UUID]]:
    """More sealed values than fit into one batch."""
    ring, rows = KeyRing.load(folder), [uuid4() for _ in range(MANY)]
    sealed = [ring.seal(str(row).encode(), place("provider_secret", row)) for row in rows]
    asyncio.run(_keep(server.dsn("postgres", NAME), rows, sealed))
    yield rows
    execute(server.dsn("postgres", NAME), "DELETE FROM auth_secret.provider_secret")


async def _keep(dsn: str, rows: list[UUID], sealed: list[bytes]) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("SET session_replication_role = replica")  # no provider is needed
    await connection.copy_records_to_table(
        "provider_secret",
        schema_name="auth_secret",
        records=list(zip(rows, sealed, strict=True)),
        columns=["provider_id", "sealed"],
    )
    await connection.close()


def stored(server: Server) -> dict[UUID, bytes]:
    async def look() -> dict[UUID, bytes]:
        connection = await asyncpg.connect(server.dsn("postgres", NAME))
        rows = await connection.fetch("SELECT provider_id, sealed FROM auth_secret.provider_secret")
        await connection.close()
        return {row["provider_id"]: row["sealed"] for row in rows}

    return asyncio.run(look())


def test_everything_is_sealed_anew_before_an_old_wrapping_key_can_go(
    server, environ, folder, secrets
):
    assert "Next: portal key reseal" in told(environ, "rotate", "wrapping")
    assert f"{MANY} values are sealed with key 1" in refused(environ, "retire", "wrapping", "1")
    progress = told(environ, "reseal").splitlines()
    assert [line.partition(": ")[2] for line in progress[:-1]] == [
        f"{BATCH} of {MANY}",
        f"{MANY} of {MANY}",
    ]
    assert progress[-1] == "Everything is sealed with key 2."
    assert told(environ, "reseal") == "Everything is sealed with key 2.\n"
    told(environ, "retire", "wrapping", "1")
    ring, held = KeyRing.load(folder), stored(server)
    assert {sealed_with(sealed) for sealed in held.values()} == {2}
    for row in secrets:
        assert ring.open(held[row], place("provider_secret", row)) == str(row).encode()


def test_a_key_that_is_needed_and_gone_is_named(environ, tmp_path: Path, secrets):
    assert run("check", environ=environ).exit_code == 0
    KeyRing.make(tmp_path / "other")
    for _ in range(2):
        rotating.rotate_wrapping(tmp_path / "other", datetime.now(UTC))
    rotating.retire(tmp_path / "other", WRAPPING, "1")
    ran = run("check", environ={**environ, "PORTAL_KEYS_FOLDER": str(tmp_path / "other")})
    assert ran.exit_code == 1
    assert f"lacks wrapping key 1, which {MANY} sealed values need: restore it." in ran.output


def weaken(folder: Path, file: str, secret: str) -> None:
    keys = json.loads((folder / file).read_text())
    keys["keys"][0]["secret"] = secret
    (folder / file).write_text(json.dumps(keys))


def p384(folder: Path) -> None:
    key = ECKey.generate_key("P-384", auto_kid=True)
    weaken(folder, SIGNING, json.dumps(key.as_dict(private=True)))


def public_only(folder: Path) -> None:
    key = kept.read(folder / SIGNING)[0].ec()
    weaken(folder, SIGNING, json.dumps(key.as_dict(private=False)))


def another_name(folder: Path) -> None:
    key = ECKey.generate_key("P-256")
    weaken(folder, SIGNING, json.dumps(key.as_dict(private=True)))


def two_current(folder: Path) -> None:
    keys = json.loads((folder / SIGNING).read_text())
    keys["keys"][1]["state"] = "current"
    (folder / SIGNING).write_text(json.dumps(keys))


def linked(folder: Path) -> None:
    (folder / SIGNING).rename(folder / "elsewhere.json")
    (folder / SIGNING).symlink_to(folder / "elsewhere.json")


UNSAFE = {
    "a folder for others to enter": (lambda f: f.chmod(0o755), "run chmod 700"),
    "a file for the group to read": (lambda f: (f / WRAPPING).chmod(0o640), "run chmod 600"),
    "a file for the world to read": (lambda f: (f / SIGNING).chmod(0o604), "run chmod 600"),
    "a missing file": (lambda f: (f / SIGNING).unlink(), "is missing"),
    "a link": (linked, "is a link"),
    "half a file": (lambda f: (f / SIGNING).write_text('{"keys": [{'), "restore it"),
    "another curve": (p384, "rotate signing --stolen"),
    "a public key alone": (public_only, "rotate signing --stolen"),
    "a key under another's name": (another_name, "rotate signing --stolen"),
    "no key in use": (two_current, "needs one key in use"),
    "a short wrapping key": (lambda f: weaken(f, WRAPPING, "c2hvcnQ="), "not 256 random bits"),
    "a wrapping key of zeros": (lambda f: weaken(f, WRAPPING, "A" * 43 + "="), "256 random bits"),
    "a wrapping key that is none": (lambda f: weaken(f, WRAPPING, "?"), "256 random bits"),
}


@pytest.mark.parametrize("case", UNSAFE)
def test_unsafe_keys_are_refused_in_one_line_with_a_remedy(case, environ, folder: Path):
    spoil, remedy = UNSAFE[case]
    spoil(folder)
    [line] = findings(folder)
    assert remedy in line
    served = run("serve", "--port", "0", environ=environ)
    assert served.exit_code == 1
    assert remedy in served.output


def test_keys_of_another_user_are_refused(folder: Path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    lines = findings(folder)
    assert len(lines) == 3
    assert all("is not owned by this user: run chown 12345" in line for line in lines)


def test_without_keys_nothing_is_served(databases):
    environ = {name: value for name, value in databases.items() if name != "PORTAL_KEYS_FOLDER"}
    ran = run("serve", "--port", "0", environ=environ)
    assert ran.exit_code == 1
    assert "PORTAL_KEYS_FOLDER is not set" in ran.output
    assert "PORTAL_KEYS_FOLDER=keys: write it from the root" in (
        run("serve", environ={**environ, "PORTAL_KEYS_FOLDER": "keys"}).output
    )
