"""A verb run by a command in somebody's name: with its audit line, and refusals in plain words."""

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar
from uuid import UUID, uuid4

import click
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from auth.roles import Role
from auth.tables import Membership, MembershipName, MembershipRole
from portal.acting.act import audit_line, refused_line
from portal.acting.work import Work
from portal.changes.tables import Outcome
from portal.cli.common import fail, settings_here, with_engines
from portal.clock import Clock
from portal.context import ByCommand, Context
from portal.errors import Invalid, NotAllowed, NotVisible, Refusal
from portal.settings import Mode, Settings
from portal.store.engines import Engines

T = TypeVar("T")


class Changed(Protocol):
    """A row that a verb returns."""

    id: UUID


def done_as(
    who: UUID,
    verb: str,
    do: Callable[[Work], Awaitable[Changed]],
    *,
    before_commit: Callable[[], None] | None = None,
) -> UUID:
    """Do it for somebody, with its audit line; a refusal ends the command and says why."""
    settings = settings_here(os.environ, "PORTAL_COMMAND_DATABASE_URL")

    async def work(engines: Engines) -> UUID | str:
        context = _context(engines, who, settings)
        async with context.acting() as session:
            done = await _tried(context, session, verb, do)
            if isinstance(done, Refusal):
                return await _told(done, session, context)
            if before_commit:
                before_commit()
            return done

    done = with_engines(settings, work)
    if isinstance(done, str):
        fail(done)
    return done


def read_as(who: UUID, look: Callable[[Work], Awaitable[T]]) -> T:
    """What somebody sees."""
    settings = settings_here(os.environ, "PORTAL_COMMAND_DATABASE_URL")

    async def work(engines: Engines) -> T:
        context = _context(engines, who, settings)
        async with context.acting() as session:
            return await look(_work(context, session))

    return with_engines(settings, work)


def _context(engines: Engines, who: UUID, settings: Settings) -> Context:
    now, demo = Clock(settings.today).now(), settings.mode is Mode.DEMO
    return Context(engines.command, ByCommand(who), uuid4(), now, demonstration=demo)


def _work(context: Context, session: AsyncSession) -> Work:
    demo = context.demonstration
    return Work(session, context.caller, context.now, context.today, demonstration=demo)


async def _tried(
    context: Context, session: AsyncSession, verb: str, do: Callable[[Work], Awaitable[Changed]]
) -> UUID | Refusal:
    """With its audit line, also for a refusal."""
    work = _work(context, session)
    try:
        async with session.begin_nested():
            changed = (await do(work)).id
            await session.flush()
    except Refusal as refusal:
        session.add(refused_line(context, verb, refusal))
        return refusal
    for warning in work.warnings:
        click.echo(f"Note: {warning.message}", err=True)
    session.add(audit_line(context, verb, Outcome.DONE, row_id=changed))
    return changed


async def _told(refusal: Refusal, session: AsyncSession, context: Context) -> str:
    """Why not, and who could."""
    if isinstance(refusal, NotVisible):
        return f"Your agency has no such {refusal.path[-1]}, or it has ended."
    if isinstance(refusal, Invalid):
        return "\n".join(f"{'.'.join(f.path)}: {f.message}" for f in refusal.findings)
    if isinstance(refusal, NotAllowed):
        return f"{refusal} {await _who_could(session, context)}"
    return str(refusal)


async def _who_could(session: AsyncSession, context: Context) -> str:
    """The administrators of the caller's agency, by the ids that `--as` takes."""
    found = await session.execute(
        select(Membership.id, MembershipName.name)
        .join(MembershipRole, col(MembershipRole.membership_id) == col(Membership.id))
        .join(
            MembershipName,
            col(MembershipName.membership_id) == col(Membership.id),
            isouter=True,
        )
        .where(
            col(Membership.agency_id) == context.caller.agency_id,
            col(MembershipRole.role).in_(
                (Role.AGENCY_ADMINISTRATOR, Role.PARTNERSHIP_ADMINISTRATOR)
            ),
            col(Membership.starts_on) <= context.today,
            func.coalesce(col(Membership.ends_on), context.today) >= context.today,
            col(Membership.ended_at).is_(None) | (col(Membership.ended_at) > datetime.now(UTC)),
        )
    )
    listed = [f"--as {id}" + (f" ({name})" if name else "") for id, name in found.all()]
    if listed:
        return f"Who could: {' or '.join(listed)}."
    return "Your agency has no administrator yet: whoever operates the portal invites one."
