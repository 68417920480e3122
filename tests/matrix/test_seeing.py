"""What the database shows is what the rules in Python say: every role, every agency, every row."""

import sys
from datetime import UTC, datetime, time
from uuid import uuid4

from support.twins import UNTWINNED, Sight
from support.world import World

from portal.sample.partnership import DAY
from portal.store.engines import Engines

OPEN = "SELECT * FROM open_command_caller($1, $2, $3)"
NOON = datetime.combine(DAY, time(12), UTC)
"""Agreements and roles end on days: the sample's day is asked about, whatever today is."""
AT_LEAST = 100_000


async def test_every_caller_sees_exactly_what_the_rules_say(
    matrix: tuple[Engines, World],
) -> None:
    engines, world = matrix
    names = [name for name, rows in world.rows.items() if rows and name not in UNTWINNED]
    union = " UNION ALL ".join(f"SELECT '{n}', array_agg(id) FROM {n}" for n in names)  # noqa: S608 - declared names
    cells, wrong = 0, []
    async with engines.command.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        for caller in world.callers.values():
            async with driver.transaction():
                await driver.fetchrow(OPEN, caller.principal_id, uuid4(), NOON)
                shown = {name: set(ids or ()) for name, ids in await driver.fetch(union)}
            sight = Sight(world, caller)
            cells += sum(len(world.rows[name]) for name in names)
            for name in names:
                wrong += [(name, caller, odd) for odd in sight.rows(name) ^ shown[name]]
    sys.stdout.write(f"\n{cells:,} cells, {len(wrong)} disagreements\n")
    assert not wrong, wrong[:5]
    assert cells >= AT_LEAST
