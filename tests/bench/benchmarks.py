"""The benchmarks: what is measured against what, and the bar each is held to."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median

import casework
import importing
import rule_forms
from asked import DOCUMENTS, KINDS, Questions, by_name, check_equal, in_graphql, questions
from doors import PAGE, Program, cookie, people
from ground import Ground
from results import Result, at_least, at_most
from rival import check_rows, in_its_graphql, its_server
from seeded import FEW, FULL, MANY
from servers import Request, Serving, in_turns, serving

from portal.settings import Settings

AT_ONCE = 300
"""Requests of a turn whose proofs are signed beforehand: all are young when they arrive."""


def _asked(settings: dict[str, str]) -> Questions:
    return asyncio.run(questions(settings["PORTAL_DATABASE_URL"]))


def _clients(number: int) -> str:
    return "1 client" if number == 1 else f"{number} clients"


def hand(ground: Ground) -> Iterator[Result]:
    """The portal against hand-written SQL: requests per second, and the median time."""
    settings = ground.database(FULL)
    asked, against = _asked(settings), "hand-written SQL"
    with serving("ours", settings) as ours, serving("hand", settings) as rival:
        for kind in KINDS:
            mine, theirs = in_graphql(kind, asked), by_name(kind, asked)
            check_equal(ours, rival, mine, theirs)
            for clients in (1, 8):
                turn = ground.turns(ours, rival, clients, mine, theirs)
                name = f"{kind}, {_clients(clients)}"
                yield at_least(0.65, f"{name}, requests/s", against, turn.rate)
                yield at_most(1.4, f"{name}, p50", against, turn.p50)


def postgraphile(ground: Ground) -> Iterator[Result]:
    """The portal against PostGraphile 5, what a user would pick instead."""
    settings = ground.database(FULL)
    asked, against = _asked(settings), "PostGraphile 5"
    with serving("ours", settings) as ours, its_server(settings) as other:
        for kind in KINDS:
            mine, theirs = in_graphql(kind, asked), in_its_graphql(kind, asked)
            check_rows(ours, other, mine, theirs)
            turn = ground.turns(ours, other, 8, mine, theirs)
            yield at_least(1.5, f"{kind}, 8 clients, requests/s", against, turn.rate)


def oracle(ground: Ground) -> Iterator[Result]:
    """The portal against plain graphql-core execution."""
    settings = ground.database(FULL)
    asked = _asked(settings)
    with serving("ours", settings) as ours, serving("oracle", settings) as rival:
        for kind in KINDS:
            requests = in_graphql(kind, asked)
            check_equal(ours, rival, requests[:5], requests[:5])
            for clients in (1, 8):
                turn = ground.turns(ours, rival, clients, requests, requests)
                name = f"{kind}, {_clients(clients)}, requests/s"
                yield at_least(8, name, "graphql-core execution", turn.rate)


def growth(ground: Ground) -> Iterator[Result]:
    """The board with 100,000 initiatives against the board with 1,000."""
    with ExitStack() as stack:
        many = stack.enter_context(serving("ours", ground.database(MANY)))
        few = stack.enter_context(serving("ours", ground.database(FEW)))
        many, few = (Serving(name, s.port, s.pid) for name, s in (("many", many), ("few", few)))
        board: list[Request] = [("/graphql", {"query": DOCUMENTS["board"]})]
        turn = ground.turns(many, few, 1, board, board)
        yield at_most(1.3, "board of 100,000, p50", "of 1,000", turn.p50)


def first(ground: Ground) -> Iterator[Result]:
    """An answer whose document nobody has sent before against one that is known."""
    settings = ground.database(FULL)
    asked = _asked(settings)
    with serving("ours", settings) as ours:
        for kind in KINDS:
            known = in_graphql(kind, asked)[:1]
            ours.load(known, 1, "20x")
            ratios = []
            for at in range(10 * ground.pace.rounds):
                alias = f"{{ new{at}: id "
                place = DOCUMENTS[kind].index("nodes {" if kind != "detail" else "lead {")
                text = DOCUMENTS[kind][:place] + DOCUMENTS[kind][place:].replace("{", alias, 1)
                new = [("/graphql", {**known[0][1], "query": text})]
                cold = ours.load(new, 1, "1x")["p50"]
                ratios.append(cold / ours.load(known, 1, "9x")["p50"])
            yield at_most(15, f"{kind}, first answer", "compiled", median(ratios))


def memory(ground: Ground) -> Iterator[Result]:
    """Resident memory after 20,000 requests against that after 1,000, one in four of them new."""
    settings = ground.database(FULL)
    asked = _asked(settings)
    with serving("ours", settings) as ours:
        _mixed(ours, asked, 0, 1_000)
        early = ours.resident()
        _mixed(ours, asked, 1_000, 20_000)
        ratio = ours.resident() / early
        yield at_most(1.1, "memory after 20,000 requests", "after 1,000", ratio)


def _mixed(ours: Serving, asked: Questions, begin: int, end: int) -> None:
    """Mostly one team's work; every fourth document is new to the server."""
    known = [*in_graphql("team", asked), *in_graphql("detail", asked), *in_graphql("board", asked)]
    requests: list[Request] = []
    for number in range(begin, end):
        new = f"{{ agencies {{ nodes {{ a{number}: name teams {{ nodes {{ id }} }} }} }} }}"
        fresh: Request = ("/graphql", {"query": new})
        requests.append(known[number % len(known)] if number % 4 else fresh)
    for at in range(0, len(requests), 1_000):
        some = requests[at : at + 1_000]
        ours.load(some, 8, f"{len(some)}x")


def token(ground: Ground) -> Iterator[Result]:
    """The board with token, proof and replay mark against the same caller opened by command."""
    settings, signed = ground.database(FULL), ground.guarded(FULL)
    asked = in_graphql("board", _asked(settings))
    with serving("ours", settings) as ours, serving("portal", signed) as whole:
        ratios = []
        for at in range(ground.pace.rounds):
            program = Program(whole.address)
            asyncio.run(program.let_in(_read(signed)))
            pairs = [(whole, program.requests(asked[0][1], AT_ONCE)), (ours, asked)]
            found = {
                server.name: server.load(requests, 1, f"{AT_ONCE}x")["p50"]
                for server, requests in (pairs if at % 2 else reversed(pairs))
            }
            ratios.append(found["portal"] / found["ours"])
        yield at_most(1.5, "board with token and proof, p50", "without", median(ratios))


def page(ground: Ground) -> Iterator[Result]:
    """The page of the board, in a browser's session, against its document alone."""
    settings, signed = ground.database(FULL), ground.guarded(FULL)
    variables = {"first": 20, "filter": {}, "orderBy": "LATEST_CHANGE"}
    document: list[Request] = [("/graphql", {"query": PAGE, "variables": variables})]
    with serving("ours", settings) as ours, serving("portal", signed) as whole:
        shown: list[Request] = [("/initiatives", None, asyncio.run(cookie(_read(signed))))]
        requests = {ours.name: document, whole.name: shown}
        turn = in_turns(whole, ours, requests, 1, ground.pace)
        yield at_most(1.5, "page of the board, p50", "its document", turn.p50)


def signing_in(ground: Ground) -> Iterator[Result]:
    """How long one in twenty reads takes while eight people at a time sign in, against before."""
    settings, signed = ground.database(FULL), ground.guarded(FULL)
    board = in_graphql("board", _asked(settings))[0][1]
    with serving("portal", signed) as whole:
        ratios = []
        for _ in range(3):  # an address may try sixty times before it has to wait
            knocks = asyncio.run(people(_read(signed), 16))
            program = Program(whole.address)
            asyncio.run(program.let_in(_read(signed)))
            reads = program.requests(board, 4 * AT_ONCE)  # enough, as hashing gives way
            ratios.append(whole.beside(reads, [each.request(whole.address) for each in knocks], 8))
        yield at_most(2, "read beside 8 sign-ins, p95", "read alone", median(ratios))


def _read(environ: dict[str, str]) -> Settings:
    return Settings.from_env(environ)


def imported(ground: Ground) -> Iterator[Result]:
    """A spreadsheet of 10,000 rows, read, checked and written, against COPY of what it wrote."""
    ratio = importing.ratio(ground.server, ground.pace.rounds)
    yield at_most(6, "import of 10,000 rows", "COPY of the same rows", ratio)


ALL: dict[str, Callable[[Ground], Iterator[Result]]] = {
    each.__name__: each
    for each in (
        *(hand, postgraphile, oracle, growth, first, memory, imported),
        *(token, page, signing_in),
        *casework.ALL,
        rule_forms.row_rules,
    )
}
