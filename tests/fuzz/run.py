"""`poe fuzz`: thousands of requests that nobody should send, against the whole portal."""

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.fuzz_ground import Ground, ground

from portal.edge.logs import configure
from portal.settings import Settings
from portal.store.engines import Engines
from portal.store.server import Server, running


def arguments() -> argparse.Namespace:
    """How many, and from which seed."""
    parser = argparse.ArgumentParser(prog="poe fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=int(time.time()), help="repeats a run")
    return parser.parse_args()


async def fuzz(server: Server, requests: int, seed: int) -> int:
    """How many answers were wrong; each is written down with its request."""
    engines, wrong, began = Engines(Settings.from_env(server.environ())), 0, time.monotonic()
    async with ground(engines, seed) as sent:
        for number in range(requests):
            if problem := await sent.one():
                wrong += 1
                sys.stdout.write(f"\n{number}: {problem}\n")
        tell(sent, wrong, time.monotonic() - began)
    await engines.dispose()
    return wrong


def tell(sent: Ground, wrong: int, seconds: float) -> None:
    """The run in a few lines."""
    for name in ("kinds", "statuses", "codes"):
        counted = ", ".join(f"{what} {n:,}" for what, n in getattr(sent, name).most_common())
        sys.stdout.write(f"{name}: {counted}\n")
    sys.stdout.write(
        f"{len(sent.done)} of {len(sent.fuzzer.mutations)} mutations done,"
        f" {sent.done.total():,} times\n"
    )
    total = sum(sent.kinds.values())
    sys.stdout.write(f"{total:,} requests in {seconds:.0f} s, {wrong} failures\n")


def main() -> int:
    """1 if anything failed."""
    given = arguments()
    configure(logging.WARNING)  # also what only a constraint refused: no person had kinder words
    sys.stdout.write(f"seed {given.seed}\n")
    with running(name="fuzz", durable=False, fresh=True) as server:
        return int(asyncio.run(fuzz(server, given.requests, given.seed)) > 0)


if __name__ == "__main__":
    sys.exit(main())
