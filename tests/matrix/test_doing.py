"""What may be done is what the domain's papers say: every mutation, role and relation, run."""

import asyncio
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from random import Random
from typing import Any

from sqlalchemy import text
from support.asking import the_schema
from support.doings import DOINGS
from support.running import Runner, core
from support.sampling import Cell, Sampler, may, relations_of
from support.twins import Sight
from support.world import World

from auth.roles import Role
from portal.store.engines import Engines

AT_LEAST, SEED, AT_ONCE = 10_000, 20261116, 2
WIDE = "succeedAgency"
"""It changes everybody's rows, and so runs alone."""
LAST_RESORT = "row_level_security"
REFUSALS = {"NotFound", "NotPermitted"}


async def run_all(runner: Runner, cells: Sequence[Cell]) -> list[tuple[Cell, dict[str, Any]]]:
    """Cells of one initiative take turns, or they would wait for each other's locks."""
    lanes: defaultdict[int, list[Cell]] = defaultdict(list)
    for cell in sorted(cells, key=lambda cell: cell.doing.mutation):
        lanes[cell.place.int % AT_ONCE if cell.place else 0].append(cell)

    async def lane(mine: list[Cell]) -> list[tuple[Cell, dict[str, Any]]]:
        return [(cell, await runner.run(cell)) for cell in mine]

    done = await asyncio.gather(*(lane(mine) for mine in lanes.values()))
    return [one for each in done for one in each]


async def sweep(engines: Engines) -> None:
    """What was taken back still lies in the tables, in the way of whoever looks at them next."""
    async with engines.owner.connect() as owner:
        sweeping = await owner.execution_options(isolation_level="AUTOCOMMIT")
        await sweeping.execute(text("VACUUM"))


def predicted(cell: Cell, sight: Sight) -> str:
    """The answer's type, or "" where it is neither refusal."""
    about = cell.doing.about
    if about and not sight.sees(about, cell.case.row):
        return "NotFound"
    return "" if may(cell) else "NotPermitted"


def test_every_mutation_has_somebody_who_may_do_it_in_the_table() -> None:
    mutations = set(core(the_schema()).mutation_type.fields)
    listed = {doing.mutation for doing in DOINGS}
    assert not mutations - listed, "tests/support/doings.py does not say who may do these"
    assert not listed - mutations, "tests/support/doings.py names what is no mutation"


async def test_every_cell_of_the_sample_ends_as_the_table_says(
    matrix: tuple[Engines, World],
) -> None:
    engines, world = matrix
    cells = list(Sampler(world, Random(SEED)).draw(DOINGS))  # noqa: S311 - the same at every run
    sights = {each: Sight(world, caller) for each, caller in world.callers.items()}
    runner = Runner(engines.command, the_schema())
    done = await run_all(runner, [cell for cell in cells if cell.doing.mutation != WIDE])
    done += [(cell, await runner.run(cell)) for cell in cells if cell.doing.mutation == WIDE]
    await sweep(engines)

    wrong, ended = [], Counter[tuple[str, str]]()
    for cell, answer in done:
        kind = answer["__typename"]
        ended[cell.doing.mutation, "done" if kind.endswith("Payload") else kind] += 1
        said = kind if kind in REFUSALS else ""
        if answer.get("rule") == LAST_RESORT:
            said = "refused by the row rules alone, where Python has no words for it"
        should = predicted(cell, sights[cell.case.caller.principal_id])
        if said != should:
            wrong.append((cell.doing.mutation, cell.relation, cell.role, should, answer))
    sys.stdout.write(f"\n{len(done):,} cells, {len(wrong)} disagreements\n")
    assert not wrong, (Counter(each[0] for each in wrong), wrong[:5])
    never = {doing.mutation for doing in DOINGS if not ended[doing.mutation, "done"]}
    assert not never, f"nobody in the sample could do {sorted(never)}: mend their inputs"
    assert len(done) >= AT_LEAST


async def test_the_sample_holds_every_role_and_relation_with_every_mutation(
    matrix: tuple[Engines, World],
) -> None:
    _, world = matrix
    drawn = list(Sampler(world, Random(SEED)).draw(DOINGS))  # noqa: S311
    held = {(cell.doing, cell.role, cell.relation) for cell in drawn}
    wanted = {
        (doing, role, relation)
        for doing in DOINGS
        for role in Role
        for relation in relations_of(doing)
    }
    assert wanted <= held
