"""Benchmarks of cases: queues, single referrals, what opening one costs, and moving it."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import asyncpg
import moving
from asked import by_name, check_equal, in_graphql
from ground import Ground
from results import Result, at_least, at_most
from rival import check_rows, in_its_graphql, its_server
from seeded import (
    FEW_CASES,
    MANY_CASES,
    Cases,
    as_superuser,
    copied,
    environ,
    fill,
    seeded,
)
from servers import Serving, serving
from sqlalchemy import text

from portal.sample.case_seeding import SHARES, TABLES, TEAMS, caseworker
from portal.sample.partnership import agency_id, team_id
from portal.settings import Settings
from portal.store.bootstrap import SUPERUSER, bootstrap
from portal.store.engines import Engines
from portal.store.rules import table_of


def _teams(number: int) -> dict[str, list[dict]]:
    """Each team of an agency, asked for in turn."""
    names = [f"Team {each:02}" for each in range(TEAMS)]
    return {"queue": [{"team": f"Team:{team_id(f'seed{number}', name)}"} for name in names]}


def queue(ground: Ground) -> Iterator[Result]:
    """A team's queue among 1,000,000 referrals, for agencies that see 80, 10 and 1 of a hundred."""
    settings = ground.database(MANY_CASES)
    for number, share in SHARES.items():
        asked = _teams(number)
        here = settings | {"BENCH_CALLER": caseworker(number)}
        mine, name = in_graphql("queue", asked), f"queue, agency sees {share} %"
        with serving("ours", here) as ours:
            with serving("hand", here) as hand:
                theirs = by_name("queue", asked)
                check_equal(ours, hand, mine, theirs)
                turn = ground.turns(ours, hand, 8, mine, theirs)
                yield at_least(
                    0.65, f"{name}, 8 clients, requests/s", "hand-written SQL", turn.rate
                )
                yield at_most(1.4, f"{name}, 8 clients, p50", "hand-written SQL", turn.p50)
            with its_server(here) as other:
                theirs = in_its_graphql("queue", asked)
                check_rows(ours, other, mine, theirs)
                turn = ground.turns(ours, other, 8, mine, theirs)
                yield at_least(1.5, f"{name}, 8 clients, requests/s", "PostGraphile 5", turn.rate)


def queue_growth(ground: Ground) -> Iterator[Result]:
    """Queue and single referral among 1,000,000 referrals against the same among 10,000."""
    many, few = ground.database(MANY_CASES), ground.database(FEW_CASES)
    who = {"BENCH_CALLER": caseworker(1)}
    with serving("ours", many | who) as of_many, serving("ours", few | who) as of_few:
        large = Serving("many", of_many.port, of_many.pid)
        small = Serving("few", of_few.port, of_few.pid)
        asked = in_graphql("queue", _teams(1))
        turn = ground.turns(large, small, 1, asked, asked)
        yield at_most(1.5, "queue of 1,000,000, p50", "of 10,000", turn.p50)
        asked = in_graphql("timeline", {"timeline": _some(few)})
        turn = ground.turns(large, small, 1, asked, asked)
        yield at_most(1.2, "referral by id of 1,000,000, p50", "of 10,000", turn.p50)


def late(ground: Ground) -> Iterator[Result]:
    """What is late with an agency against the queue of one of its teams."""
    settings = ground.database(MANY_CASES) | {"BENCH_CALLER": caseworker(1)}
    agency = {"late": [{"agency": f"Agency:{agency_id('seed1')}"}]}
    with serving("ours", settings) as ours:
        mine, queue = (Serving(name, ours.port, ours.pid) for name in ("late", "queue"))
        turn = ground.turns(
            mine, queue, 1, in_graphql("late", agency), in_graphql("queue", _teams(1))
        )
        yield at_most(3, "late by agency, p50", "queue", turn.p50)


def opened(ground: Ground) -> Iterator[Result]:
    """The full view of a case with the row that says who opened it against one without."""
    settings = ground.database(FEW_CASES)
    asked = [{**each, "purpose": "WORK_ON_CASE"} for each in _some(settings)]
    unwritten = environ(ground.server, asyncio.run(_unwritten(ground)))
    who = {"BENCH_CALLER": caseworker(1)}
    with serving("ours", settings | who) as written, serving("ours", unwritten | who) as other:
        rival = Serving("unwritten", other.port, other.pid)
        requests = in_graphql("file", {"file": asked})
        turn = ground.turns(written, rival, 1, requests, requests)
        yield at_most(1.25, "full view with consultation, p50", "without", turn.p50)


def moved(ground: Ground) -> Iterator[Result]:
    """Steps of referrals by eight clients against the same statements issued directly."""
    rates = [moving.ratio(ground) for _ in range(ground.pace.rounds)]
    yield at_least(0.4, "steps, 8 clients, steps/s", "their statements", median(rates))


def case_seed(ground: Ground) -> Iterator[Result]:
    """Inventing 1,000,000 referrals against COPY of the same rows."""
    yield at_most(
        10, "seed of 1,000,000 referrals", "bare COPY", asyncio.run(_seed_against_copy(ground))
    )


def _some(settings: Mapping[str, str]) -> list[dict]:
    """Referrals that the first agency was sent, whatever the size."""
    return asyncio.run(_some_of(settings))


async def _some_of(settings: Mapping[str, str]) -> list[dict]:
    engines = Engines(Settings.from_env(settings))
    async with engines.owner.connect() as owner:
        found = await owner.execute(
            text(
                "SELECT referral_id FROM recipient WHERE agency_id = :agency"
                " ORDER BY md5(id::text) LIMIT 50"
            ),
            {"agency": agency_id("seed1")},
        )
        ids = list(found.scalars())
    await engines.dispose()
    return [{"id": f"Referral:{each}"} for each in ids]


async def _unwritten(ground: Ground) -> str:
    """A copy in which opening a case leaves no row."""
    name = await copied(ground.server, await seeded(ground.server, FEW_CASES), "cases_unwritten")
    await as_superuser(
        ground.server,
        "CREATE FUNCTION leave_out() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$",
        "CREATE TRIGGER left_out BEFORE INSERT ON consultation"
        " FOR EACH ROW EXECUTE FUNCTION leave_out()",
        database=name,
    )
    return name


async def _seed_against_copy(ground: Ground) -> float:
    """Both with all indexes, and neither with our triggers. Ours has its foreign keys checked, and
    COPY is spared that: where it checks a million cases anew, it takes longer than we do.
    """
    server, size = ground.server, MANY_CASES
    building = "case_seed"
    await as_superuser(server, f"DROP DATABASE IF EXISTS {building}")
    await asyncio.to_thread(bootstrap, server.dsn, building)
    await fill(server, building, Cases(10))
    engines = Engines(Settings.from_env(environ(server, building)))
    begun = perf_counter()
    async with engines.owner.begin() as owner:
        await size.fill(owner, lambda _: None)
    seeding = perf_counter() - begun
    await engines.dispose()
    superuser = await asyncpg.connect(server.dsn(SUPERUSER, building))
    try:
        return seeding / await _copying(superuser)
    finally:
        await superuser.close()
        await as_superuser(server, f"DROP DATABASE {building} WITH (FORCE)")


async def _copying(superuser: asyncpg.Connection) -> float:
    """How long COPY takes to write all rows back."""
    names = [table_of(model).name for model in TABLES]
    with TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in names}
        for name, file in files.items():
            await superuser.copy_from_table(name, output=file, format="binary")
        await superuser.execute(f"TRUNCATE {', '.join(names)} CASCADE")
        for name in names:
            await superuser.execute(f"ALTER TABLE {name} DISABLE TRIGGER ALL")
        begun = perf_counter()
        for name, file in files.items():
            await superuser.copy_to_table(name, source=file, format="binary")
        return perf_counter() - begun


ALL = (queue, queue_growth, late, opened, moved, case_seed)
