"""What is needed for a while only goes by itself; records stay for as long as is written down."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker

from auth.notices import Notice, NoticeKind
from portal.changes import keeping
from portal.changes.keeping import LIVES, RECORDS, STAYS, lives, tidy
from portal.database import RULES
from portal.outbox.tables import (
    AttemptOutcome,
    MessageState,
    OutboxAttempt,
    OutboxMessage,
    OutboxNotice,
)
from portal.sample.partnership import agency_id, fixed, membership_id
from portal.store.engines import Engines

README = Path(__file__).parents[2] / "deploy" / "README.md"
ASHA = fixed("person", "Asha Penrose")
YEAR = timedelta(days=365)
EVENT = text(
    "INSERT INTO auth_event (id, at, request_id, kind, outcome, reason, person_id)"
    " VALUES (:id, :at, gen_random_uuid(), 'sign_in', 'refused', '', :person)"
)
LINE = text(
    "INSERT INTO audit_line (id, at, principal_id, agency_id, verb, outcome)"
    " VALUES (:id, :at, :who, :agency, 'log_initiative', :outcome)"
)


async def swept(engines: Engines) -> dict[str, int]:
    return await tidy(async_sessionmaker(engines.auth), datetime.now(UTC))


async def left(engines: Engines, table: str, ids: dict[str, UUID]) -> set[str]:
    async with engines.owner.connect() as db:
        found = await db.execute(
            text(f"SELECT id FROM {table} WHERE id = ANY(:ids)"),  # noqa: S608 - ours
            {"ids": list(ids.values())},
        )
        kept = set(found.scalars())
    return {name for name, one in ids.items() if one in kept}


async def test_events_at_the_door_are_an_audit_for_thirteen_months(engines: Engines) -> None:
    ages = {"a year ago": YEAR, "fourteen months ago": YEAR + timedelta(days=60)}
    ids = {name: uuid4() for name in ages}
    async with engines.owner.begin() as db:
        for name, age in ages.items():
            given = {"id": ids[name], "at": datetime.now(UTC) - age, "person": ASHA}
            await db.execute(EVENT, given)
    await swept(engines)
    assert await left(engines, "auth_event", ids) == {"a year ago"}


async def test_what_strangers_left_behind_goes_after_ninety_days(engines: Engines) -> None:
    ages = {"of last month": timedelta(days=30), "of a year ago": YEAR}
    ids = {name: uuid4() for name in ages}
    async with engines.owner.begin() as db:
        for name, age in ages.items():
            given = {"id": ids[name], "at": datetime.now(UTC) - age, "person": None}
            await db.execute(EVENT, given)
    gone = await swept(engines)
    assert gone["sign-in events about nobody known here"] >= 1
    assert await left(engines, "auth_event", ids) == {"of last month"}


async def test_what_an_operator_did_with_keys_is_no_strangers(engines: Engines) -> None:
    ages = {"a year ago": YEAR, "fourteen months ago": YEAR + timedelta(days=60)}
    ids = {name: uuid4() for name in ages}
    async with engines.owner.begin() as db:
        for name, age in ages.items():
            given = {"id": ids[name], "at": datetime.now(UTC) - age, "person": None}
            await db.execute(EVENT, given)
        named = text("UPDATE auth_event SET kind = 'key_rotated' WHERE id = ANY(:ids)")
        await db.execute(named, {"ids": list(ids.values())})
    await swept(engines)
    assert await left(engines, "auth_event", ids) == {"a year ago"}


async def test_what_was_done_stays_in_the_audit_when_what_was_refused_goes(
    engines: Engines,
) -> None:
    ids = {"done": uuid4(), "refused": uuid4()}
    async with engines.owner.begin() as db:
        for outcome, one in ids.items():
            given = {
                "id": one,
                "at": datetime.now(UTC) - 2 * YEAR,
                "who": membership_id("wirral.coordinator"),
                "agency": agency_id("wirral"),
                "outcome": outcome,
            }
            await db.execute(LINE, given)
    await swept(engines)
    assert await left(engines, "audit_line", ids) == {"done"}


async def test_a_consent_that_ended_long_ago_goes_with_all_that_hung_on_it(
    engines: Engines,
) -> None:
    ids = {"ended long ago": uuid4(), "ended lately": uuid4()}
    client, now = uuid4(), datetime.now(UTC)
    async with engines.owner.begin() as db:
        await db.execute(
            text(
                "INSERT INTO client (id, agency_id, name, owner_membership_id, scopes, grants,"
                " redirect_uris, version, created_at, expires_at) VALUES (:id, :agency, 'Old',"
                " :owner, '{initiatives:read}', '{client_credentials}', '{}', 1, :at, :until)"
            ),
            {
                "id": client,
                "agency": agency_id("rasa"),
                "owner": membership_id("rasa.coordinator"),
                "at": now - 3 * YEAR,
                "until": now,
            },
        )
        for name, ago in (("ended long ago", 2 * YEAR), ("ended lately", YEAR)):
            await db.execute(
                text(
                    "INSERT INTO consent (id, client_id, membership_id, person_id, scopes,"
                    " given_at, expires_at) VALUES (:id, :client, :member, :person,"
                    " '{initiatives:read}', :at, :until)"
                ),
                {
                    "id": ids[name],
                    "client": client,
                    "member": membership_id("rasa.coordinator"),
                    "person": ASHA,
                    "at": now - ago - timedelta(days=30),
                    "until": now - ago,
                },
            )
            await db.execute(
                text(
                    "INSERT INTO auth_secret.refresh_token VALUES"
                    " (sha256(gen_random_uuid()::text::bytea), :consent, 'mfa', :at, :at)"
                ),
                {"consent": ids[name], "at": now - ago - timedelta(days=30)},
            )
    await swept(engines)
    assert await left(engines, "consent", ids) == {"ended lately"}


async def test_a_notice_is_kept_for_thirteen_months(engines: Engines) -> None:
    ids = {"of two years ago": uuid4(), "of a year ago": uuid4()}
    async with async_sessionmaker(engines.owner).begin() as db:
        for (_, one), age in zip(ids.items(), (2 * YEAR, YEAR), strict=True):
            when = datetime.now(UTC) - age
            db.add(
                Notice(id=one, person_id=ASHA, at=when, kind=NoticeKind.JOINED, says="Somebody.")
            )
    await swept(engines)
    assert await left(engines, "notice", ids) == {"of a year ago"}


async def test_what_became_of_an_email_is_kept_for_ninety_days_and_what_waits_stays(
    engines: Engines,
) -> None:
    ages = {"of last month": 30, "of last winter": 100, "that waits": 100}
    ids = {name: uuid4() for name in ages}
    notices = {name: uuid4() for name in ages}
    async with async_sessionmaker(engines.owner).begin() as db:
        for name, days in ages.items():
            at = datetime.now(UTC) - timedelta(days=days)
            sent = name != "that waits"
            told = NoticeKind.JOINED
            db.add(Notice(id=notices[name], person_id=ASHA, at=at, kind=told, says="Somebody."))
            db.add(posted(ids[name], at, sent_at=at if sent else None))
            await db.flush()
            db.add(OutboxNotice(notice_id=notices[name], message_id=ids[name]))
            came_to = AttemptOutcome.SENT if sent else AttemptOutcome.DEFERRED
            db.add(OutboxAttempt(message_id=ids[name], at=at, outcome=came_to))
    await swept(engines)
    assert await left(engines, "outbox_message", ids) == {"of last month", "that waits"}
    assert await left(engines, "notice", notices) == set(ages)


def posted(key: UUID, at: datetime, sent_at: datetime | None) -> OutboxMessage:
    """A message to Asha: it has gone, or it waits."""
    state = MessageState.SENT if sent_at else MessageState.WAITING
    return OutboxMessage(
        id=key, person_id=ASHA, state=state, written_at=at, next_try_at=at, attempts=1, refusals=0,
        sent_at=sent_at,
    )  # fmt: skip


async def test_a_notice_that_went_by_email_goes_when_its_time_has_come(engines: Engines) -> None:
    notice, message = uuid4(), uuid4()
    at = datetime.now(UTC) - 2 * YEAR
    async with async_sessionmaker(engines.owner).begin() as db:
        db.add(Notice(id=notice, person_id=ASHA, at=at, kind=NoticeKind.JOINED, says="Somebody."))
        db.add(posted(message, at, sent_at=None))
        await db.flush()
        db.add(OutboxNotice(notice_id=notice, message_id=message))
    await swept(engines)
    assert await left(engines, "notice", {"told": notice}) == set()


async def test_a_flood_goes_in_pieces(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 7)
    async with engines.owner.begin() as db:
        await db.execute(
            text(
                "INSERT INTO auth_secret.challenge (challenge_hash, purpose, browser, made_at,"
                " expires_at) SELECT sha256(n::text::bytea), 'sign_in', '\\x00',"
                " now() - interval '1 hour', now() - interval '1 hour'"
                " FROM generate_series(1, 50) n"
            )
        )
    assert (await swept(engines))["questions to passkeys"] >= 50


@pytest.mark.parametrize(
    "table", ["auth_event", "audit_line", "consent", "notice", "outbox_message"]
)
async def test_the_sign_in_role_removes_no_record_by_itself(engines: Engines, table: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        async with engines.auth.begin() as db:
            await db.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - ours


def test_every_secret_goes_by_itself_or_has_its_reason_to_stay() -> None:
    secrets = {rule.table.name for rule in RULES.values() if rule.table.schema == "auth_secret"}
    going = {kept.table.__tablename__ for kept in LIVES}
    assert secrets - going == set(STAYS)
    assert all(reason for reason in STAYS.values())


def test_how_long_each_kind_of_row_lives_is_written_for_the_operator() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", README.read_text(), re.MULTILINE)
    assert dict(lives()).items() <= dict(rows).items()
    assert len(dict(lives())) == len(LIVES) + len(RECORDS)
