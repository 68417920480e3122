"""Authenticator apps: a code every half minute, each accepted once."""

from datetime import datetime
from hmac import compare_digest
from io import BytesIO
from uuid import UUID

import pyotp
import segno
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from auth.accounts.tables import Authenticator
from auth.keys.ring import KeyRing
from auth.keys.sealing import place

STEP = 30
NOBODYS = "A" * 32
"""The secret that a code is compared with where there is none."""


def new_secret() -> str:
    """160 bits, as apps take them."""
    return pyotp.random_base32()


def drawn(secret: str, account: str) -> str:
    """The QR code that an app scans, as SVG."""
    address = pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="VAWG portal")
    out = BytesIO()
    segno.make(address, error="m").save(
        out, kind="svg", scale=4, xmldecl=False, svgns=True, omitsize=False, title="QR code"
    )
    return out.getvalue().decode()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step that a code belongs to, with a clock that is half a minute off either way."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit()):
        typed = ""
    maker, here = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    fits = [s for s in (here - 1, here, here + 1) if compare_digest(maker.generate_otp(s), typed)]
    return fits[0] if fits else None


async def accept(
    db: AsyncSession,
    ring: KeyRing,
    held: Authenticator | None,
    code: str,
    now: datetime,
) -> bool:
    """Whether the code is right and new; without an authenticator the same work is done."""
    secret = NOBODYS
    if held:
        secret = ring.open(held.sealed, place("authenticator", held.credential_id)).decode()
    step = step_of(secret, code, now)
    credential_id = held.credential_id if held else UUID(int=0)
    taken = (
        update(Authenticator)
        .where(
            col(Authenticator.credential_id) == credential_id,
            col(Authenticator.last_step) < (step or 0),
        )
        .values(last_step=step or 0)
        .returning(col(Authenticator.credential_id))
    )
    return (await db.execute(taken)).first() is not None
