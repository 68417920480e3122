"""Reads beside other work: one client reads until all the others' requests have been answered.

python beside.py PORT AT_ONCE: reads {"reads": [...], "others": [...]} as JSON from standard input,
prints the reads' 95th percentile.
"""

import asyncio
import json
import sys
from itertools import count
from time import perf_counter

from load import Client, written


async def run(port: int, at_once: int, reads: list[bytes], others: list[bytes]) -> dict:
    """The reads' times while the others are under way."""
    taken, times = count(), []

    async def work() -> None:
        async with Client(port) as client:
            while (number := next(taken)) < len(others):
                await client.ask(others[number])

    working = asyncio.gather(*(work() for _ in range(at_once)))
    async with Client(port) as reader:
        for read in reads:
            if working.done():
                break
            asked = perf_counter()
            await reader.ask(read)
            times.append(perf_counter() - asked)
    if not working.done():
        sys.exit("the reads ended before the others did: give more of them")
    await working
    times.sort()
    return {"p95": times[len(times) * 95 // 100], "reads": len(times)}


if __name__ == "__main__":
    given = json.load(sys.stdin)
    reads, others = ([written(*each) for each in given[kind]] for kind in ("reads", "others"))
    json.dump(asyncio.run(run(int(sys.argv[1]), int(sys.argv[2]), reads, others)), sys.stdout)
