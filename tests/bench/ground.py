"""What a benchmark stands on: the cluster of the seeded databases, and how long to measure."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from seeded import Content, environ, guarded, seeded
from servers import Pace, Request, Serving, Turn, in_turns

from portal.store.server import Server


@dataclass
class Ground:
    """The cluster of the seeded databases, and how long to measure."""

    server: Server
    pace: Pace

    def database(self, content: Content) -> dict[str, str]:
        """The settings of a seeded database."""
        return environ(self.server, asyncio.run(seeded(self.server, content)))

    def guarded(self, content: Content) -> dict[str, str]:
        """The settings of the same, for an API that opens callers by token or cookie."""
        return guarded(self.server, asyncio.run(seeded(self.server, content)))

    def turns(
        self,
        ours: Serving,
        rival: Serving,
        clients: int,
        mine: Sequence[Request],
        theirs: Sequence[Request],
    ) -> Turn:
        """One comparison."""
        requests = {ours.name: mine, rival.name: theirs}
        return in_turns(ours, rival, requests, clients, self.pace)
