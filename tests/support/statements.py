"""What the database is asked, as it is asked it: for tests of what an answer costs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

ITS_OWN = ("'jit'", "typeinfo")
"""What the driver asks for itself, when a connection meets a type for the first time."""


class Heard:
    """Every statement that went out: a read's by the driver alone, a verb's by the session."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.hears = (
            ("checkout", self.lent), ("checkin", self.given_back),
            ("before_cursor_execute", self.asked),
        )  # fmt: skip

    def read(self, record: Any) -> None:
        if not any(word in record.query for word in ITS_OWN):
            self.said.append(record.query)

    def lent(self, connection: Any, *_: Any) -> None:
        connection.driver_connection.add_query_logger(self.read)

    def given_back(self, connection: Any, *_: Any) -> None:
        if connection is not None:
            connection.driver_connection.remove_query_logger(self.read)

    def asked(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        self.said.append(statement)


@asynccontextmanager
async def statements(engine: AsyncEngine) -> AsyncIterator[list[str]]:
    """Fills with each statement that goes out meanwhile."""
    heard = Heard()
    for name, hears in heard.hears:
        event.listen(engine.sync_engine, name, hears)
    try:
        yield heard.said
        await asyncio.sleep(0)  # the driver tells of a statement at the loop's next turn
        heard.said.sort()
    finally:
        for name, hears in heard.hears:
            event.remove(engine.sync_engine, name, hears)
