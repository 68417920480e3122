"""The key with which the database signs who is calling: a new one, while requests are under way."""

import os
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

BLOCK = 64  # SHA-256's block, to which an HMAC key is padded
OVERLAP = timedelta(hours=1)
"""As in context.sql: an older key verifies for that long after it was replaced."""


async def new_context_key(owner: AsyncConnection, *, stolen: bool = False) -> None:
    """Sign with it from the next transaction on. What an older key has signed verifies for an hour
    more, for requests under way; or no more at all, if it was stolen.
    """
    key = os.urandom(32).ljust(BLOCK, b"\0")
    spent = (
        "DELETE FROM auth_secret.context_key k WHERE CAST(:stolen AS boolean) OR EXISTS ("
        " SELECT FROM auth_secret.context_key newer WHERE newer.made_at > k.made_at"
        " AND newer.made_at < clock_timestamp() - CAST(:overlap AS interval))"
    )
    await owner.execute(text(spent), {"stolen": stolen, "overlap": OVERLAP})
    await owner.execute(
        text(
            'INSERT INTO auth_secret.context_key (id, "inner", "outer", made_at)'
            " SELECT :id, :inner, :outer, greatest(clock_timestamp(),"
            " (SELECT max(made_at) + interval '1 microsecond' FROM auth_secret.context_key))"
        ),
        {
            "id": uuid4(),
            "inner": bytes(b ^ 0x36 for b in key),
            "outer": bytes(b ^ 0x5C for b in key),
        },
    )


async def context_keys(owner: AsyncConnection) -> list[datetime]:
    """When those that there are were made, the newest first."""
    found = await owner.execute(
        text("SELECT made_at FROM auth_secret.context_key ORDER BY made_at DESC")
    )
    return list(found.scalars())
