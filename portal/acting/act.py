"""One verb, one transaction: state, events, audit line and the answer's payload belong to one commit."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.acting.answers import Answer
from portal.acting.exposed import Exposed
from portal.acting.inputs import arguments
from portal.acting.work import Work
from portal.changes.tables import AuditLine, Outcome, Repeat
from portal.context import Context
from portal.errors import Finding, Invalid, NotAllowed, NotVisible, Refusal
from portal.reading.ids import to_global

KEY_LIMIT = 80


@dataclass(frozen=True)
class Deleted:
    """What a verb returns that removed a row."""

    type_name: str
    row_id: UUID


async def act(
    context: Context, exposed: Exposed, given: Mapping[str, Any], answer: Answer
) -> bytes:
    """Run a verb and return its answer's JSON; the answer exists only once the transaction has committed."""
    async with context.acting() as session:
        assert context.caller is not None
        # Reads may lose their last half second in a crash; a change that was acknowledged may not.
        await session.execute(
            text(
                "SELECT set_config('synchronous_commit', 'on', true), set_config('portal.verb', :verb, true)"
            ),
            {"verb": exposed.name},
        )
        try:
            async with session.begin_nested():
                return await _once(context, session, exposed, given, answer)
        except Refusal as refusal:
            _audit(context, session, exposed, Outcome.REFUSED, rule=_rule(refusal))
            return answer.refused(refusal)


async def _once(
    context: Context,
    session: AsyncSession,
    exposed: Exposed,
    given: Mapping[str, Any],
    answer: Answer,
) -> bytes:
    """Take the idempotency key and run the verb, or answer again what the key's first use did."""
    assert context.caller is not None
    key = _key(given)
    digest = hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).digest()
    taken = insert(Repeat).values(
        principal_id=context.caller.principal_id,
        mutation=exposed.name,
        key=key,
        input_hash=digest,
        at=context.now,
    )
    # A second request with the same key waits here until the first has ended.
    if (await session.execute(taken.on_conflict_do_nothing())).rowcount == 0:  # type: ignore[attr-defined]
        return await _again(context, session, exposed, key, digest, answer)

    async def look(row_id: UUID) -> None:
        await answer.read(session, context.asked(), row_id)

    work = Work(session, context.caller, context.now, context.today, look=look)
    row = await exposed.verb(work, **arguments(exposed.params, given))
    await session.flush()
    row_id = row.row_id if isinstance(row, Deleted) else row.id
    await session.execute(
        update(Repeat)
        .where(*_mine(context, exposed, key))
        .values(object_id=row_id)
        .execution_options(synchronize_session=False)
    )
    _audit(context, session, exposed, Outcome.DONE, row_id=row_id)
    if isinstance(row, Deleted):
        return answer.done(work.warnings, to_global(row.type_name, row_id))
    if not answer.rows and not await answer.read(session, context.asked(), row_id):
        raise LookupError(f"{exposed.name} hid its own row: it must take a last look first")
    return answer.done(work.warnings)


async def _again(
    context: Context,
    session: AsyncSession,
    exposed: Exposed,
    key: str,
    digest: bytes,
    answer: Answer,
) -> bytes:
    """The key has been used: the same input is answered again under today's rights, another input is refused."""
    known = (
        await session.execute(select(Repeat).where(*_mine(context, exposed, key)))
    ).scalar_one()
    if known.input_hash != digest:
        raise Invalid(
            Finding(
                ("idempotencyKey",),
                "This key was used for another input. Use a new key for a new change.",
                "KEY_REUSED",
            )
        )
    assert known.object_id is not None
    if exposed.field is None:
        return answer.done([], to_global(_deleted_type(exposed), known.object_id))
    if not await answer.read(session, context.asked(), known.object_id):
        raise NotVisible(("id",))
    return answer.done([])


def _deleted_type(exposed: Exposed) -> str:
    return "".join(part.capitalize() for part in exposed.name.split("_")[1:])


def _key(given: Mapping[str, Any]) -> str:
    key = str(given["idempotencyKey"])
    if not 0 < len(key) <= KEY_LIMIT or not key.isprintable():
        raise Invalid.field(
            "idempotencyKey",
            f"Give a key of 1 to {KEY_LIMIT} printable characters, such as a UUID.",
        )
    return key


def _mine(context: Context, exposed: Exposed, key: str) -> tuple[Any, ...]:
    assert context.caller is not None
    return (
        col(Repeat.principal_id) == context.caller.principal_id,
        col(Repeat.mutation) == exposed.name,
        col(Repeat.key) == key,
    )


def _rule(refusal: Refusal) -> str:
    return refusal.rule if isinstance(refusal, NotAllowed) else type(refusal).__name__


def _audit(
    context: Context, session: AsyncSession, exposed: Exposed, outcome: Outcome, *,
    rule: str | None = None, row_id: UUID | None = None,
) -> None:  # fmt: skip
    caller = context.caller
    assert caller is not None
    session.add(
        AuditLine(
            id=uuid4(), at=context.now, request_id=context.request_id, principal_id=caller.principal_id,
            agency_id=caller.agency_id, verb=exposed.name, outcome=outcome, rule=rule, object_id=row_id,
        )
    )  # fmt: skip
