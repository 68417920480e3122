"""Each request has an id and one line in the log that tells nothing of what was said."""

import io
import json
import logging
from uuid import UUID, uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient
from starlette.responses import JSONResponse, PlainTextResponse

from portal.edge.logs import JsonLines, configure
from portal.edge.requests import Requests

SECRET = "Jane Doe of Flat 3"


@pytest.fixture
def lines():
    """What is logged, as an operator's log reader gets it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logger = logging.getLogger("portal")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.setLevel(level)
    logger.removeHandler(handler)


async def test_one_line_tells_who_what_how_long_and_at_what_price(desk, lines):
    answer = await desk.ask("query Shelf { books(first: 3) { totalCount } }")
    (line,) = lines()
    assert UUID(line["request_id"]) == UUID(answer.headers["x-request-id"])
    assert line["ms"] >= 0
    assert line["document"].startswith("sha256:")
    assert line["time"].endswith("+00:00")
    told = {name: line[name] for name in line.keys() - {"request_id", "ms", "document", "time"}}
    assert told == {
        "level": "info", "logger": "portal.request", "message": "request",
        "method": "POST", "path": "/graphql", "status": 200,
        "operation": "Shelf", "cost": 1, "client": "client-1", "agency": "agency-1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query ($t: String!) { wish(wish: {title: $t}) }", {"t": SECRET}),
        (f'{{ wish(wish: {{title: "{SECRET}"}}) }}', {}),
        (f'{{ wish(wish: "{SECRET}") }}', {}),
        ("query ($n: [Int!]!) { count(numbers: $n) }", {"n": [SECRET]}),
        (f'{{ "{SECRET}"', {}),
        ("{ breaks broken }", {"t": SECRET}),
    ],
)
async def test_neither_query_nor_variables_nor_messages_reach_the_log(
    desk, lines, query, variables
):
    await desk.client.post(f"/graphql?name={SECRET}", json={"query": query, "variables": variables})
    told = json.dumps(lines())
    assert "/graphql" in told
    assert not any(word in told for word in ("Jane", "hunter2", "wish(", "?name"))


async def test_the_line_of_a_refused_request_names_the_code(desk, lines):
    await desk.ask("{ nothing }")
    assert lines()[-1]["errors"] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_a_fault_is_logged_with_its_place_under_the_same_id(desk, lines):
    answer = await desk.ask("{ breaks }")
    fault, request = lines()
    assert fault["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    (told,) = fault["exceptions"]
    assert told["type"] == "ValueError"
    assert "says" not in told
    assert any("conftest.py" in place for place in told["trace"])


async def test_a_clients_own_id_is_kept_if_it_is_a_uuid(desk):
    own = str(uuid4())
    for sent, kept in ((own, True), (own.upper(), True), ("DROP TABLE", False), (SECRET, False)):
        answer = await desk.client.get("/graphql", headers={"x-request-id": sent})
        assert (answer.headers["x-request-id"] == own) is kept
        assert UUID(answer.headers["x-request-id"])


async def test_json_answers_carry_headers_that_keep_them_data(desk, small_desk):
    plain = (await desk.ask("{ greeting }")).headers
    assert plain["x-content-type-options"] == "nosniff"
    assert plain["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert plain["referrer-policy"] == "no-referrer"
    assert plain["cache-control"] == "no-store"
    assert "strict-transport-security" not in plain
    secure = (await small_desk.ask("{ greeting }")).headers
    assert secure["strict-transport-security"].startswith("max-age=")


async def _get(app, path="/"):
    async with AsyncClient(
        transport=ASGITransport(app=Requests(app)), base_url="http://x"
    ) as client:
        return await client.get(path)


async def test_headers_of_a_page_are_its_own_business():
    page = await _get(PlainTextResponse("a page"))
    assert "content-security-policy" not in page.headers
    assert page.headers["x-request-id"]
    own = JSONResponse({}, headers={"cache-control": "max-age=60"})
    assert (await _get(own)).headers["cache-control"] == "max-age=60"


async def test_an_exception_nobody_caught_is_an_apology_with_an_id(lines):
    async def broken(scope, receive, send):
        raise KeyError(SECRET)

    answer = await _get(broken, "/broken")
    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert [line["message"] for line in lines()] == ["A request failed.", "request"]
    assert "Jane" not in json.dumps(lines())


async def test_an_answer_broken_off_halfway_is_logged(lines):
    async def broken(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("half an answer")

    async def nowhere(message):
        pass

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    await Requests(broken)(scope, nowhere, nowhere)
    assert lines()[0]["exceptions"][0]["type"] == "RuntimeError"
    assert lines()[1]["status"] == 200


def _formatted(cause):
    try:
        raise cause
    except type(cause) as caught:
        info = (type(caught), caught, caught.__traceback__)
        record = logging.LogRecord("portal", logging.ERROR, "", 0, "Failed.", (), info)
        return json.loads(JsonLines().format(record))["exceptions"]


class DatabaseError(Exception):
    """As a driver raises it: a code, a message, and a detail that quotes the row."""

    def __init__(self, sqlstate, message):
        super().__init__(message)
        self.sqlstate = sqlstate


def test_a_database_error_about_a_statement_is_told_and_one_about_a_row_is_not():
    (missing,) = _formatted(DatabaseError("42P01", f'relation "x" does not exist\n[{SECRET}]'))
    assert (missing["sqlstate"], missing["says"]) == ("42P01", 'relation "x" does not exist')
    (double,) = _formatted(DatabaseError("23505", f"Key (name)=({SECRET}) already exists."))
    assert double["sqlstate"] == "23505"
    assert "says" not in double


def test_a_mistake_in_our_code_is_told():
    (told,) = _formatted(TypeError("unsupported operand"))
    assert told["says"] == "unsupported operand"


def test_causes_are_told_in_turn():
    outer = DatabaseError("08006", "connection lost")
    outer.__cause__ = KeyError(SECRET)
    told = _formatted(outer)
    assert [cause["type"] for cause in told] == ["DatabaseError", "KeyError"]


def test_configured_logging_writes_json_and_silences_what_quotes_requests(capsys):
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn.error")
    handlers, level = root.handlers[:], root.level
    for name in ("uvicorn", "uvicorn.error"):  # as a process has them that runs nothing else
        left = logging.getLogger(name)
        left.handlers, left.propagate, left.disabled = [], True, False
        left.setLevel(logging.NOTSET)
    try:
        configure()
        uvicorn.info("Started.")
        logging.getLogger("uvicorn.access").info("GET /?secret")
        logging.getLogger("strawberry.execution").error("secret")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        for name in ("uvicorn.access", "strawberry.execution"):
            logging.getLogger(name).disabled = False
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert line["message"] == "Started."
