"""A document that would keep the portal busy is turned away while everybody else is answered."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.site import Program, Site

SIZE, BOMBERS, EACH, PATIENCE = 10_000, 3, 8, 20.0
"""No measurement: a bomb that bites keeps the portal for minutes, however fast the machine."""
ASK = "{ initiatives(first: 1) { totalCount } }"


def padded(text: str) -> str:
    """As long as the issue's bombs are."""
    return text + "#" * (SIZE - len(text))


def flat(levels: int = 99) -> str:
    """Each fragment uses the next one twice."""
    chain = "".join(f"fragment F{n} on Query{{...F{n + 1} ...F{n + 1}}}" for n in range(levels))
    return f"{{...F0}}{chain}fragment F{levels} on Query{{__typename}}"


def through_fields(levels: int = 25) -> str:
    """The same down the schema: initiative, actions, initiative, actions."""
    chain = "".join(
        f"fragment F{n} on Initiative{{a:actions(first:1){{nodes{{initiative{{...F{n + 1}}}}}}}"
        f"b:actions(first:2){{nodes{{initiative{{...F{n + 1}}}}}}}}}"
        for n in range(levels)
    )
    return (
        f"{{initiatives(first:1){{nodes{{...F0}}}}}}{chain}fragment F{levels} on Initiative{{id}}"
    )


def crossing(width: int = 10, levels: int = 9) -> str:
    """Fields of one name lead to different fragments, so that ever other sets of them meet."""
    text = "{initiatives(first:1){nodes{...L0N0}}}"
    for level in range(levels):
        for number in range(width):
            to = f"L{level + 1}N"
            text += (
                f"fragment L{level}N{number} on Initiative{{lead{{id}}...{to}{number}"
                f" ...{to}{(number * 3 + level) % width}}}"
            )
    return text + "".join(f"fragment L{levels}N{n} on Initiative{{id}}" for n in range(width))


def merging(times: int = 150) -> str:
    """One field again and again, each to be compared with each."""
    return "{" + "initiatives(first:1){totalCount}" * times + "}"


MADE: dict[str, Callable[[], str]] = {
    "flat": flat,
    "through fields": through_fields,
    "crossing": crossing,
    "merging": merging,
}


def timed(program: Program, document: str) -> tuple[float, int]:
    """Seconds until the answer, and its status."""
    headers = program.headers()
    began = time.perf_counter()
    answer = program.send(document, headers)
    return time.perf_counter() - began, answer.status_code


@pytest.mark.parametrize("bomb", MADE)
def test_while_bombs_come_in_others_are_answered(site: Site, bomb: str):
    document = padded(MADE[bomb]())

    def throws(number: int) -> list[tuple[float, int]]:
        with site.program("police") as program:
            program.token()
            return [timed(program, f"{document[:-9]}{number:04}{n:05}") for n in range(EACH)]

    with ThreadPoolExecutor(BOMBERS) as threads, site.program("rasa") as rasa:
        rasa.token()
        thrown = [threads.submit(throws, number) for number in range(BOMBERS)]
        asked = [timed(rasa, ASK)]
        while not all(each.done() for each in thrown):
            asked.append(timed(rasa, ASK))
        bombs = [one for each in thrown for one in each.result()]
    assert {status for _, status in asked} == {200}
    assert max(seconds for seconds, _ in asked) < PATIENCE
    assert {status for _, status in bombs} <= {200, 400}
    assert max(seconds for seconds, _ in bombs) < PATIENCE
