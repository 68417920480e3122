"""Knocking at the portal's own door, with passkeys and passwords."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pyotp
from sqlalchemy import text
from support.software_passkey import SoftwarePasskey

from auth.accounts import passkeys, verbs
from auth.accounts.proofs import Caller, Doorkeeper, Proved
from auth.accounts.recovery import recover
from auth.accounts.tables import Purpose
from portal.sample.partnership import fixed
from portal.store.engines import Engines

ORIGIN = "http://localhost:8000"
PASSWORD = "garden-lantern-oyster"
ASHA, BRYONY = fixed("person", "Asha Penrose"), fixed("person", "Bryony Slack")
_clock = count(step=3600)


@dataclass
class Door:
    """The door, with a clock that each test winds by itself."""

    keeper: Doorkeeper
    engines: Engines
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(0, next(_clock)))

    def caller(self, browser: str = "browser", address: str = "192.0.2.1") -> Caller:
        return Caller(browser.encode().ljust(32, b"."), address, uuid4(), self.now)

    async def enrol(self, person_id: UUID, device: SoftwarePasskey, name: str = "Phone") -> UUID:
        """A passkey of somebody who has proved who they are."""
        async with self.keeper.sessions.begin() as db:
            await verbs.open_account(db, person_id, "Somebody Ordinary")
        asked = await self.ask_to_register(person_id)
        return await self.register(person_id, device.create(asked), name)

    async def ask_to_register(self, person_id: UUID) -> dict[str, Any]:
        async with self.keeper.sessions.begin() as db:
            return await passkeys.ask_to_register(
                db, self.keeper.place, browser=self.caller().browser, name="Somebody",
                person_id=person_id, now=self.now,
            )  # fmt: skip

    async def register(self, person_id: UUID, answer: dict[str, Any], name: str = "Phone") -> UUID:
        async with self.keeper.sessions.begin() as db:
            asked = await passkeys.take(
                db, answer, self.caller().browser, self.now,
                purpose=Purpose.REGISTER, person_id=person_id,
            )  # fmt: skip
            return await passkeys.register(
                db, self.keeper.place, asked, answer, person_id=person_id, name=name, now=self.now
            )

    async def ask(self, person_id: UUID | None = None, browser: str = "browser") -> dict[str, Any]:
        async with self.keeper.sessions.begin() as db:
            return await passkeys.ask_to_show(
                db, self.keeper.place, browser=self.caller(browser).browser,
                now=self.now, person_id=person_id,
            )  # fmt: skip

    async def show(self, answer: dict[str, Any], person_id: UUID | None = None) -> Proved | None:
        return await self.keeper.by_passkey(self.caller(), answer, person_id)

    async def give_password(self, person_id: UUID, password: str = PASSWORD) -> tuple[str, str]:
        """The sign-in name and the app's secret."""
        secret = pyotp.random_base32()
        hashed = await self.keeper.hasher.hash(password)
        async with self.keeper.sessions.begin() as db:
            account = await verbs.open_account(db, person_id, "Somebody Ordinary")
            await verbs.set_password(
                db, self.keeper.ring, account, hashed=hashed, secret=secret, step=0, now=self.now
            )
            return account.sign_in_name, secret

    def code(self, secret: str, steps: int = 0) -> str:
        return pyotp.TOTP(secret).at(self.now + timedelta(seconds=30 * steps))

    async def reason(self) -> str:
        """The last line of the door's audit."""
        async with self.engines.owner.connect() as db:
            last = "SELECT outcome || ': ' || reason FROM auth_event ORDER BY at DESC LIMIT 1"
            return str((await db.execute(text(last))).scalar_one())

    async def recover(self, name: str, code: str, address: str = "192.0.2.1") -> bool:
        """Show a recovery code."""
        return await recover(self.keeper.sessions, self.caller(address=address), name, code)

    async def sign_in(self, name: str, password: str, code: str) -> Proved | None:
        """With a password and a code."""
        return await self.keeper.by_password(self.caller(), name, password, code)
