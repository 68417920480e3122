"""One verb, one transaction: state, events, audit line and the answer belong to one commit."""

import hashlib
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import strawberry
from sqlalchemy import CursorResult, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.caller import Caller
from auth.strength import StepUp
from portal.acting.answers import Answer, refusal_parts
from portal.acting.codes import ANY_MISTAKE, UNTOLD
from portal.acting.constraints import misfit
from portal.acting.exposed import Exposed
from portal.acting.inputs import arguments, camel
from portal.acting.work import Work
from portal.changes.tables import CODES_LIMIT, AuditLine, Outcome, Repeat
from portal.context import Context
from portal.errors import Invalid, NotAllowed, NotVisible, Refusal
from portal.reading.ids import BadId, from_global, to_global
from portal.store.states import CONSTRAINTS, FORBIDDEN, GIVEN_UP, sqlstate

log = logging.getLogger("portal.acting")
KEY_LIMIT = 80
TRIES = 3
BEGIN = text(
    "SELECT set_config('synchronous_commit', 'on', true), set_config('portal.verb', :verb, true)"
)
"""Reads may lose their last half second in a crash; a change that was acknowledged may not."""


@dataclass(frozen=True)
class Deleted:
    """What a verb returns that removed a row."""

    type_name: str
    row_id: UUID


async def act(context: Context, answer: Answer, given: Mapping[str, Any]) -> bytes:
    """Run a verb and return its answer's JSON, which exists only once the change is committed."""
    for _ in range(TRIES - 1):
        try:
            return await _act(context, answer, given)
        except DBAPIError as error:
            if sqlstate(error) not in GIVEN_UP:
                raise
            answer.rows.clear()
    return await _act(context, answer, given)


async def _act(context: Context, answer: Answer, given: Mapping[str, Any]) -> bytes:
    verb = answer.exposed.name
    async with context.acting() as session:
        await session.execute(BEGIN, {"verb": verb})
        as_person = context.caller.kind == "membership"
        away = not as_person or (context.caller.delegated and answer.exposed.in_person)
        if answer.exposed.fresh and not away and not context.proved_afresh:
            session.add(audit_line(context, verb, Outcome.REFUSED, rule="step_up"))
            return await _stepping_up(session)
        try:
            async with session.begin_nested():
                if away and (answer.exposed.fresh or answer.exposed.in_person):
                    raise _for_people(context.caller)
                return await _Attempt(context, session, answer, given).once()
        except (Refusal, DBAPIError) as problem:
            refusal = _as_refusal(problem, answer.exposed)
            about = _asked_about(answer.exposed, given)
            session.add(refused_line(context, verb, refusal, about))
            return answer.refused(refusal)


def _for_people(caller: Caller) -> NotAllowed:
    nor = ", nor in somebody's name" if caller.delegated else ""
    return NotAllowed(
        f"A program cannot do this{nor}: it asks for a person who has just proved who they are.",
        rule="acting.in_person",
        granted_by="nobody; a person of your agency who may do it can do it in person",
    )


async def _stepping_up(session: AsyncSession) -> bytes:
    """The refusal is on record before the caller hears it; nothing else has happened."""
    await session.commit()
    raise StepUp


def _as_refusal(problem: Refusal | DBAPIError, exposed: Exposed) -> Refusal:
    """What the database refused where Python had no kinder words first; anything else
    is a fault.
    """
    if isinstance(problem, Refusal):
        return problem
    state = sqlstate(problem)
    if state in CONSTRAINTS:
        log.warning("a constraint refused what no rule had", exc_info=problem)
        return misfit(problem, exposed.params)
    if state == FORBIDDEN:
        log.error("a row rule refused what no power had", exc_info=problem)
        message = "You may not change this."
        return NotAllowed(message, rule="row_level_security", granted_by="the lead agency")
    raise problem


def audit_line(
    context: Context,
    verb: str,
    outcome: Outcome,
    *,
    rule: str | None = None,
    row_id: UUID | None = None,
) -> AuditLine:
    """Who asked for what, and how it ended."""
    return AuditLine(
        id=uuid4(),
        at=context.now,
        request_id=context.request_id,
        principal_id=context.caller.principal_id,
        agency_id=context.caller.agency_id,
        verb=verb,
        outcome=outcome,
        rule=rule,
        object_id=row_id,
    )


def refused_line(
    context: Context, verb: str, refusal: Refusal, row_id: UUID | None = None
) -> AuditLine:
    """The same of what was refused: of which teams they were, and by which codes, but for those
    that would tell auditors what is kept from them. What they wrote stands nowhere.
    """
    rule = refusal.rule if isinstance(refusal, NotAllowed) else type(refusal).__name__
    line = audit_line(context, verb, Outcome.REFUSED, rule=rule, row_id=row_id)
    found = {one.code for one in refusal.findings} if isinstance(refusal, Invalid) else None
    codes = found or {refusal_parts(refusal)[1]["code"]}
    told = {ANY_MISTAKE if code in UNTOLD else code for code in codes}
    line.code = ",".join(sorted(told))[:CODES_LIMIT]
    line.team_ids = sorted(to_global("Team", team) for team in context.caller.team_ids)
    return line


def _asked_about(exposed: Exposed, given: Mapping[str, Any]) -> UUID | None:
    """The record that the input names first, whether or not it is there."""
    for param in exposed.params:
        if param.kind is strawberry.ID:
            with suppress(BadId):
                return from_global(str(given.get(camel(param.name))))[1]
    return None


@dataclass
class _Attempt:
    """One request's try at a verb, inside its savepoint."""

    context: Context
    session: AsyncSession
    answer: Answer
    given: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.exposed: Exposed = self.answer.exposed
        self.key = _key(self.given)
        plain = json.dumps(self.given, sort_keys=True, default=str)
        self.digest = hashlib.sha256(plain.encode()).digest()

    async def once(self) -> bytes:
        """Run the verb, or answer again what this key's first use did."""
        if not await self._take_key():
            return await self._again()
        caller, now, today = self.context.caller, self.context.now, self.context.today
        demonstration = self.context.demonstration
        work = Work(self.session, caller, now, today, look=self._look, demonstration=demonstration)
        row = await self.exposed.verb(work, **arguments(self.exposed.params, self.given))
        await self.session.flush()
        row_id = row.row_id if isinstance(row, Deleted) else row.id
        await self._keep_key(row_id)
        line = audit_line(self.context, self.exposed.name, Outcome.DONE, row_id=row_id)
        self.session.add(line)
        if isinstance(row, Deleted):
            return self.answer.done(work.warnings, to_global(row.type_name, row_id))
        if not self.answer.rows and not await self._look(row_id):
            raise LookupError(f"{self.exposed.name} hid its own row without a last look")
        return self.answer.done(work.warnings, link=work.link)

    async def _look(self, row_id: UUID) -> bool:
        return await self.answer.read(self.session, self.context, row_id)

    async def _take_key(self) -> bool:
        """Whether this use of the key is its first; a second one waits here for the
        first to end.
        """
        row = Repeat(
            principal_id=self.context.caller.principal_id,
            mutation=self.exposed.name,
            key=self.key,
            input_hash=self.digest,
            at=self.context.now,
        )
        taking = insert(Repeat).values(row.model_dump()).on_conflict_do_nothing()
        taken = await self.session.execute(taking)
        return isinstance(taken, CursorResult) and taken.rowcount == 1

    async def _keep_key(self, row_id: UUID) -> None:
        keep = update(Repeat).where(*self._mine()).values(object_id=row_id)
        await self.session.execute(keep, execution_options={"synchronize_session": False})

    async def _again(self) -> bytes:
        """The same input is answered under today's rights, another input is refused."""
        known = (await self.session.execute(select(Repeat).where(*self._mine()))).scalar_one()
        if known.input_hash != self.digest:
            message = "This key was used for another input. Use a new key for a new change."
            raise Invalid.field("idempotencyKey", message, "KEY_REUSED")
        row_id = known.object_id or UUID(int=0)
        if self.exposed.field is None:
            return self.answer.done([], to_global(self.exposed.deletes, row_id))
        if not await self._look(row_id):
            raise NotVisible(("id",))
        return self.answer.done([])

    def _mine(self) -> tuple[Any, ...]:
        return (
            col(Repeat.principal_id) == self.context.caller.principal_id,
            col(Repeat.mutation) == self.exposed.name,
            col(Repeat.key) == self.key,
        )


def _key(given: Mapping[str, Any]) -> str:
    key = str(given["idempotencyKey"])
    if not 0 < len(key) <= KEY_LIMIT or not key.isprintable():
        message = f"Give a key of 1 to {KEY_LIMIT} printable characters, such as a UUID."
        raise Invalid.field("idempotencyKey", message)
    return key
