"""The worker on a day of one's choice, and what people were told of a case, for tests."""

import asyncio
from datetime import date
from uuid import UUID

from sqlalchemy import text

from portal.clock import Clock
from portal.outbox.letters import Sender
from portal.outbox.worker import Worker
from portal.sample.partnership import PEOPLE
from portal.store.engines import Engines

SENDER = Sender("portal@example.org", "https://portal.example.org")
KEYS = {name: key for key, (_, name, _, _) in PEOPLE.items()}
"""The sample's people by name; of those with two memberships the last."""
Told = list[tuple[str, str]]


def on(engines: Engines, day: date) -> Worker:
    """A worker for whom it is nine in the morning of a day in London."""
    return Worker(engines.worker, None, SENDER, Clock(day))


async def remind(engines: Engines, day: date, workers: int = 1) -> None:
    """As so many workers do at once."""
    await asyncio.gather(*(on(engines, day).remind() for _ in range(workers)))


async def told_of(engines: Engines, referral: str) -> Told:
    """Who was told what of a case, in order; its id as the API writes it."""
    statement = text(
        "SELECT p.name, n.kind FROM notice n JOIN person p ON p.id = n.person_id"
        " WHERE n.referral_id = :id ORDER BY n.at, n.kind, p.name"
    )
    async with engines.owner.connect() as owner:
        found = await owner.execute(statement, {"id": UUID(referral.rpartition(":")[2])})
        return [(KEYS[name], kind) for name, kind in found]


async def posted_to_teams(engines: Engines) -> list[str]:
    """The inboxes for which an e-mail waits."""
    statement = text(
        "SELECT DISTINCT t.inbox FROM outbox_message m JOIN team t ON t.id = m.team_id"
        " WHERE m.state = 'waiting' ORDER BY 1"
    )
    async with engines.owner.connect() as owner:
        return list((await owner.execute(statement)).scalars())
