"""Who is refused again and again waits; who was let in, and who comes from elsewhere, does not."""

from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from portal.edge.addresses import caller_address, own_network
from portal.edge.strangers import KNOWN_FOR, NETWORKS, Patience, Strangers, Watched

HERE, ELSEWHERE, PROXY = "203.0.113.7", "198.51.100.9", "10.0.0.2"
DOORS = {"/door/": Watched(range(100, 600)), "/back/": Watched((), gives_back={401})}
GOOD, BAD = {"authorization": "DPoP good"}, {"authorization": "DPoP made-up"}


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Portal:
    """Lets in who brings the good token; `asked` counts who got as far as that."""

    asked: int = 0
    clock: Clock = field(default_factory=Clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked += 1
        request = Request(scope)
        good = request.headers.get("authorization") == GOOD["authorization"]
        request.state.client = "somebody" if good else None
        await JSONResponse({}, 200 if good else 401)(scope, receive, send)

    async def ask(self, address: str = HERE, path: str = "/graphql", **headers: str):
        watched = {"/graphql": Watched({401}), "/oauth/token": Watched({400, 401}), **DOORS}
        app = Strangers(self, self.patience, watched, {PROXY})
        inside = ASGITransport(app=app, client=(address, 1))
        async with AsyncClient(transport=inside, base_url="http://portal.test") as http:
            return await http.post(path, headers=headers)

    def __post_init__(self) -> None:
        self.patience = Patience(3, self.clock)


@pytest.fixture
def portal() -> Portal:
    return Portal()


async def refused(portal: Portal, times: int, **headers: str) -> list[int]:
    return [(await portal.ask(**headers)).status_code for _ in range(times)]


async def test_after_so_many_refusals_nobody_looks_any_more(portal: Portal):
    assert await refused(portal, 5, **BAD) == [401, 401, 401, 429, 429]
    assert portal.asked == 3
    answer = await portal.ask(**BAD)
    assert answer.headers["retry-after"] == "20"
    assert answer.json()["errors"][0]["extensions"] == {"code": "TOO_MANY_REFUSALS"}


async def test_time_gives_tries_back(portal: Portal):
    await refused(portal, 4, **BAD)
    portal.clock.now += 20
    assert await refused(portal, 2, **BAD) == [401, 429]
    portal.clock.now += 600
    assert await refused(portal, 4, **BAD) == [401, 401, 401, 429]


async def test_who_was_let_in_a_moment_ago_is_not_kept_out_by_a_neighbour(portal: Portal):
    assert await refused(portal, 9, **GOOD) == [200] * 9
    await refused(portal, 4, **BAD)
    assert await refused(portal, 9, **GOOD) == [200] * 9
    portal.clock.now += KNOWN_FOR
    assert await refused(portal, 3, **BAD) == [401, 401, 401]
    assert await refused(portal, 1, **GOOD) == [429]


async def test_who_comes_from_elsewhere_does_not_wait(portal: Portal):
    await refused(portal, 4, **BAD)
    assert (await portal.ask(ELSEWHERE, **BAD)).status_code == 401


async def test_a_proxys_word_is_taken_and_nobody_elses(portal: Portal):
    through = {**BAD, "x-forwarded-for": f"{ELSEWHERE}, {HERE}"}
    assert [(await portal.ask(PROXY, **through)).status_code for _ in range(4)][-1] == 429
    assert (await portal.ask(HERE, **BAD)).status_code == 429
    through["x-forwarded-for"] = f"{HERE}, {ELSEWHERE}"
    assert (await portal.ask(PROXY, **through)).status_code == 401
    lying = {**BAD, "x-forwarded-for": "192.0.2.1"}
    assert (await portal.ask(HERE, **lying)).status_code == 429


async def test_a_program_that_asks_for_tokens_is_told_in_the_words_of_oauth(portal: Portal):
    answers = [await portal.ask(path="/oauth/token") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert answers[-1].headers["cache-control"] == "no-store"


async def test_whoever_leaves_a_row_behind_takes_a_try_and_gives_it_back_by_coming_back(
    portal: Portal,
):
    for _ in range(9):  # each time for another provider
        assert (await portal.ask(path=f"/door/{uuid4()}")).status_code == 401
        assert (await portal.ask(path=f"/back/{uuid4()}")).status_code == 401
    assert [(await portal.ask(path="/door/1")).status_code for _ in range(4)] == [401] * 3 + [429]


async def test_other_addresses_of_the_portal_are_not_watched(portal: Portal):
    answers = [await portal.ask(path="/livez") for _ in range(9)]
    assert {answer.status_code for answer in answers} == {401}


@pytest.mark.parametrize(
    ("peer", "named", "proxies", "network"),
    [
        ("203.0.113.7", "", set(), None),  # a documentation address is not global
        ("8.8.8.8", "", set(), "8.8.8.8"),
        ("8.8.8.8", "1.1.1.1", set(), "8.8.8.8"),
        ("127.0.0.1", "", set(), None),  # perhaps a proxy that nobody has told us of
        ("10.0.0.9", "8.8.8.8", set(), None),
        ("10.0.0.9", "", {"10.0.0.2"}, "10.0.0.9"),
        ("10.0.0.2", "9.9.9.9, 8.8.8.8", {"10.0.0.2"}, "8.8.8.8"),
        ("10.0.0.2", "", {"10.0.0.2"}, None),
        ("10.0.0.2", "nonsense", {"10.0.0.2"}, None),
        ("2001:4860:4860:1ff:2:3:4:5", "", set(), "2001:4860:4860:100::"),
        ("::ffff:8.8.8.8", "", set(), "8.8.8.8"),
        ("", "", set(), None),
    ],
)
def test_only_an_address_that_is_surely_the_callers_counts(peer, named, proxies, network):
    headers = [(b"x-forwarded-for", named.encode())] if named else []
    scope = {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}
    assert own_network(scope, proxies) == network
    assert caller_address(scope, proxies) == (
        named.rpartition(",")[2].strip() if peer in proxies and named else peer
    )


def test_a_flood_from_everywhere_fills_no_memory():
    patience = Patience(3, Clock())
    for at in range(NETWORKS + 500):
        patience.take(f"net-{at}")
        patience.know(f"token-{at}".encode())
    assert len(patience._left) == NETWORKS
    assert len(patience._known) < NETWORKS


def test_who_was_never_refused_takes_no_place():
    patience = Patience(3, Clock())
    patience.take("net")
    patience.give_back("net")
    assert not patience._left
