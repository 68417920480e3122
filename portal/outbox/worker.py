"""The worker: takes messages under a lease, hands them to the mail server, says what came of it.

Several may work at once, in as many processes. Who dies between sending and saying so leaves a
lease that lapses, and the message is sent again under the same Message-ID: at least once.
"""

import asyncio
import logging
import smtplib
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from time import monotonic
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from portal.clock import Clock
from portal.outbox.letters import Sender, letter
from portal.outbox.postman import NoServer, Result, connection, send
from portal.outbox.tables import AttemptOutcome
from portal.settings import MailServer

log = logging.getLogger("portal.outbox")
LEASE = 180
"""Seconds; more than a mail server may take over one message, with its four answers."""
ENOUGH = 90.0
"""Seconds that must be left of a lease to begin a message."""
MOST = 20
PAUSE = 2.0
"""Seconds between two looks at an empty outbox."""
REMIND = 60.0
"""Seconds between two looks at what has become due or late."""
PATIENCE = 60
"""Seconds before a mail server that does not answer is tried again."""

NO_ADDRESS = Result(AttemptOutcome.REFUSED, "553 5.1.3")
"""What a mail server says of an address that is none."""
_REMIND = (
    text("SELECT remind(:moment)"),
    text("SELECT escalate(:moment)"),
    text("SELECT remind_of_case_actions(:moment)"),
    text("SELECT remind_of_plan_items(:moment)"),
    text("SELECT tell_late_totals(:moment)"),
    text("SELECT remind_of_agreements(:moment)"),
    text("SELECT escalate_disclosures(:moment)"),
)
"""Each says what no verb brings about, so many things at a time."""
AT_ONCE = 50
"""What the shortest of them says at a time: fewer, and there is nothing left to say."""
_TAKE = text("SELECT * FROM take_messages(:most, :seconds)")
_MARK = text("SELECT mark_message(:id, :held, :outcome, :reply)")
_RELEASE = text("SELECT release_messages(:leases, :seconds)")


@dataclass(frozen=True)
class Taken:
    """A message that is this worker's for a while."""

    message_id: UUID
    held: UUID
    sent_to: str | None
    is_task: bool
    code: str | None


@dataclass
class Worker:
    """Empties the outbox until it is told to stop; then it ends the message under way."""

    engine: AsyncEngine
    server: MailServer | None
    sender: Sender
    clock: Clock = field(default_factory=Clock)
    """Of what is due and late; leases and back-off keep real time."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Round after round; a database or mail server that is away is tried again."""
        reminded = -REMIND
        while not self.stopping.is_set():
            try:
                if monotonic() - reminded >= REMIND:
                    reminded = monotonic()
                    await self.remind()
                moved = await self.round()
            except (OSError, DBAPIError) as problem:
                log.warning("The outbox could not be emptied.", exc_info=problem)
                moved = 0
            if moved < MOST:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), PAUSE)

    async def remind(self) -> int:
        """Write the notices that a day brings and no verb: how many things they are about."""
        return sum([await self._all_of(says) for says in _REMIND])

    async def _all_of(self, says: TextClause) -> int:
        """In pieces, so that nothing waits long for what one of them holds."""
        told, last = 0, AT_ONCE
        while last >= AT_ONCE and not self.stopping.is_set():
            async with self.engine.begin() as db:
                last = int((await db.execute(says, {"moment": self.clock.now()})).scalar_one())
            told += last
        return told

    async def round(self) -> int:
        """Take what waits and send it; how many messages were begun."""
        if self.server is None:
            return 0
        until = monotonic() + LEASE
        taken = await self._take()
        if not taken:
            return 0
        try:
            return await self._deliver(self.server, taken, until)
        finally:
            await self._give_back(taken, 0)

    async def _deliver(self, server: MailServer, taken: list[Taken], until: float) -> int:
        """`taken` keeps what was not begun."""
        begun = 0
        opened = connection(server)
        try:
            smtp = await asyncio.to_thread(opened.__enter__)
        except NoServer as problem:
            log.warning("No mail server: %s", problem)
            await self._give_back(taken, PATIENCE)
            return 0
        try:
            while taken and until - monotonic() > ENOUGH and not self.stopping.is_set():
                begun += 1
                if not await self._send(smtp, taken.pop(0)):
                    break
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)
        return begun

    async def _send(self, smtp: smtplib.SMTP, one: Taken) -> bool:
        """Whether the connection is of further use."""
        useful = True
        try:
            result = await asyncio.to_thread(send, smtp, self._letter(one))
        except (ValueError, MessageError):
            result = NO_ADDRESS
        except NoServer as problem:
            log.warning("The mail server broke off: %s", problem)
            result, useful = Result(AttemptOutcome.DEFERRED), False
        await self._mark(one, result)
        return useful

    def _letter(self, one: Taken) -> EmailMessage:
        to = one.sent_to or ""
        return letter(one.message_id, to, self.sender, task=one.is_task, code=one.code)

    async def _mark(self, one: Taken, result: Result) -> None:
        came_to = {"outcome": result.outcome.value, "reply": result.reply}
        async with self.engine.begin() as db:
            marked = await db.execute(_MARK, {"id": one.message_id, "held": one.held, **came_to})
            if not marked.scalar_one():
                log.warning("The lease of message %s had lapsed.", one.message_id)

    async def _take(self) -> list[Taken]:
        async with self.engine.begin() as db:
            rows = await db.execute(_TAKE, {"most": MOST, "seconds": LEASE})
            return [Taken(*row) for row in rows]

    async def _give_back(self, taken: list[Taken], seconds: int) -> None:
        if not taken:
            return
        leases = [one.held for one in taken]
        taken.clear()
        async with self.engine.begin() as db:
            await db.execute(_RELEASE, {"leases": leases, "seconds": seconds})
