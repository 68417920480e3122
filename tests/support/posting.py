"""What tests of the outbox do: let people hear by e-mail, tell them things, let a worker work."""

import os
import subprocess
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from support.commands import PORTAL
from support.databases import environ_of
from support.mailbox import Mailbox

from portal.outbox.letters import Sender
from portal.outbox.worker import Worker
from portal.sample.partnership import PEOPLE, fixed
from portal.store.engines import Engines
from portal.store.server import Server

SENDER, BASE = "portal@example.org", "https://portal.example.org"


def person(who: str) -> UUID:
    """The person behind a sample membership."""
    return fixed("person", PEOPLE[who][1])


@dataclass
class Post:
    """One database's outbox, and the mail server beside it."""

    engines: Engines
    box: Mailbox
    server: Server

    async def run(self, sql: str, **given: Any) -> list[Any]:
        """As the tables' owner."""
        async with self.engines.owner.begin() as owner:
            done = await owner.execute(text(sql), given)
            return list(done) if done.returns_rows else []

    async def hears(self, who: str, mode: str = "at_once", address: str = "") -> None:
        """From now on they hear by e-mail."""
        await self.run(
            "INSERT INTO mail_preference (id, person_id, address, mode, since)"
            " VALUES (gen_random_uuid(), :person, :address, :mode, now())",
            person=person(who), mode=mode, address=address or f"{who}@example.org",
        )  # fmt: skip

    async def tell(self, who: str, says: str = "Something is new.", kind: str = "invited") -> None:
        """A notice, as a verb writes it."""
        await self.run(
            "INSERT INTO notice (id, person_id, at, kind, says)"
            " VALUES (gen_random_uuid(), :person, now(), :kind, :says)",
            person=person(who), kind=kind, says=says,
        )  # fmt: skip

    async def messages(self) -> list[Any]:
        """All of them, oldest first."""
        return await self.run("SELECT * FROM outbox_message ORDER BY written_at, id")

    async def attempts(self) -> list[tuple[str, str | None]]:
        """What became of each, oldest first."""
        found = await self.run("SELECT outcome, reply FROM outbox_attempt ORDER BY at, id")
        return [tuple(row) for row in found]

    async def now_is_the_time(self) -> None:
        """Whoever waits for a moment to come, it has come; whoever held a lease, it has lapsed."""
        await self.run(
            "UPDATE outbox_message SET next_try_at = least(next_try_at, now()),"
            " leased_until = CASE WHEN lease IS NOT NULL THEN now() - interval '1 second' END"
        )

    async def somebody_waits(self) -> list[Any]:
        """For a lock that another holds."""
        async with self.engines.runtime.connect() as connection:
            return list(await connection.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")))

    def worker(self) -> Worker:
        """In this process."""
        return Worker(self.engines.worker, self.box.server, Sender(SENDER, BASE))

    async def work(self) -> int:
        """One round."""
        return await self.worker().round()

    def process(self) -> subprocess.Popen[bytes]:
        """`portal worker`, as an operator starts it."""
        environ = {
            **os.environ, **environ_of(self.server, "outbox"), "PORTAL_BASE_URL": BASE,
            "PORTAL_MODE": "production", "PORTAL_MAIL_FROM": SENDER,
            "PORTAL_SMTP_URL": f"smtp://127.0.0.1:{self.box.port}",
        }  # fmt: skip
        command = [str(PORTAL), "worker"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen(command, env=environ, **quiet)  # noqa: S603 - ours
