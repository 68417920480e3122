"""The connections: one lazily built engine for each login role, none borrows another's rights."""

from functools import cached_property

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from portal.logins import AUTH, BY_SETTING, COMMAND, LOGINS, OWNER, RUNTIME, WORKER, Login
from portal.settings import Settings

CONNECT_TIMEOUT = 10.0
LONGEST_KEPT = 32 * 1024
"""Characters of a statement that stays prepared. The contract's longest has 21,000, and to plan it
takes four times as long as to run it; a longer one would take too much of PostgreSQL's memory."""
POOL_TIMEOUT = 5.0  # a request that waits longer for a connection is refused, not queued


class Engines:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def runtime(self) -> AsyncEngine:
        return self._engine(RUNTIME, self.settings.pool_size)

    @cached_property
    def auth(self) -> AsyncEngine:
        return self._engine(AUTH, self.settings.auth_pool_size)

    @cached_property
    def command(self) -> AsyncEngine:
        return self._engine(COMMAND, 2)

    @cached_property
    def worker(self) -> AsyncEngine:
        return self._engine(WORKER, 2)

    @cached_property
    def owner(self) -> AsyncEngine:
        """For migrations: no statement limit, a back-fill takes what it takes."""
        return self._engine(OWNER, 1, limited=False)

    def of(self, setting: str) -> AsyncEngine:
        """The engine of a setting's address."""
        engine: AsyncEngine = getattr(self, BY_SETTING[setting].name)
        return engine

    async def dispose(self) -> None:
        for login in LOGINS:
            if engine := self.__dict__.pop(login.name, None):
                await engine.dispose()

    def _engine(self, login: Login, size: int, *, limited: bool = True) -> AsyncEngine:
        url = self.settings.database_urls[login.setting]
        if not url:
            raise LookupError(f"{login.setting} is not set.")
        session = {"application_name": login.application}
        if limited:
            session["statement_timeout"] = str(self.settings.statement_timeout_ms)

        async def connect() -> asyncpg.Connection:
            # asyncpg reads the address itself: SQLAlchemy would hand sslmode on as an unknown word.
            return await asyncpg.connect(
                url,
                server_settings=session,
                timeout=CONNECT_TIMEOUT,
                max_cacheable_statement_size=LONGEST_KEPT,
            )

        return create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=size,
            max_overflow=0,
            pool_timeout=POOL_TIMEOUT,
            pool_use_lifo=True,
            hide_parameters=True,  # an error's text may reach a log; its values may not
        )
