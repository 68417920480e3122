"""The key with which the database signs who is calling: a new one, while requests are under way."""

import os
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

BLOCK = 64  # SHA-256's block, to which an HMAC key is padded
OVERLAP = timedelta(hours=1)
"""As in context.sql: what the key before has signed is good for that long."""


async def new_context_key(owner: AsyncConnection) -> None:
    """Sign with it from the next transaction on. The key before verifies for an hour, for what has
    begun; earlier ones are gone.
    """
    key = os.urandom(32).ljust(BLOCK, b"\0")
    await owner.execute(
        text(
            "DELETE FROM auth_secret.context_key k WHERE k.made_at <"
            " (SELECT max(made_at) FROM auth_secret.context_key)"
        )
    )
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
