"""What programs get back: media types, statuses, `data` or none, bytes as they were written."""

import json
import logging

import pytest

from portal.edge.codes import Code

GRAPHQL = "application/graphql-response+json"


async def test_a_program_of_today_and_one_of_yesterday_both_get_their_media_type(desk):
    today = await desk.ask("{ greeting }")
    assert today.headers["content-type"] == GRAPHQL
    assert today.json() == {
        "data": {"greeting": "hello"},
        "extensions": {"cost": {"requested": 0, "limit": 10_000}},
    }
    yesterday = await desk.ask("{ greeting }", "application/json")
    assert yesterday.headers["content-type"] == "application/json"
    assert "accept" in yesterday.headers["vary"]
    assert yesterday.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        (f"{GRAPHQL}, application/json;q=0.9", GRAPHQL),
        (f"{GRAPHQL};q=0.5, application/json", "application/json"),
        (f"application/json;q=rubbish, {GRAPHQL};q=0.1", GRAPHQL),
        ("multipart/mixed;deferSpec=20220824, application/json", "application/json"),
        (f"{GRAPHQL}, application/json", GRAPHQL),
    ],
)
async def test_the_answer_comes_in_the_media_type_the_client_prefers(desk, accept, media_type):
    assert (await desk.ask("{ greeting }", accept)).headers["content-type"] == media_type


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "text/event-stream"])
async def test_a_client_that_wants_neither_media_type_is_told_both(desk, accept):
    answer = await desk.ask("{ greeting }", accept)
    assert answer.status_code == 406
    assert GRAPHQL in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "more", "code"),
    [
        ("{ greeting", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ book { } }", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ gretting }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { greeting }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("type T { a: Int }", {}, "OPERATION_NOT_FOUND"),
        ("query A { greeting } query B { greeting }", {}, "OPERATION_NOT_FOUND"),
        ("query A { greeting }", {"operationName": "B"}, "OPERATION_NOT_FOUND"),
        ("query ($id: ID!) { book(id: $id) { id } }", {}, "BAD_USER_INPUT"),
        (
            "query ($n: [Int!]!) { count(numbers: $n) }",
            {"variables": {"n": ["x"]}},
            "BAD_USER_INPUT",
        ),
    ],
)
async def test_a_refused_request_has_no_data_and_says_400_where_the_client_understands(
    desk, query, more, code
):
    today = await desk.ask(query, **more)
    assert today.status_code == 400
    assert "data" not in today.json()
    assert today.json()["errors"][0]["extensions"]["code"] == code
    yesterday = await desk.ask(query, "application/json", **more)
    assert (yesterday.status_code, yesterday.json()) == (200, today.json())


async def test_the_operation_is_chosen_by_name(desk):
    both = "query A { a: greeting } query B { b: greeting }"
    assert (await desk.ask(both, operationName="B")).json()["data"] == {"b": "hello"}
    assert (await desk.ask(both, operationName="A")).json()["data"] == {"a": "hello"}


async def test_a_mutation_is_answered(desk):
    answer = await desk.ask("mutation ($t: String!) { rename(title: $t) }", variables={"t": "Emma"})
    assert answer.json()["data"] == {"rename": "Emma"}


async def test_bytes_from_the_database_pass_through_untouched(desk):
    answer = await desk.ask("query Raw { greeting }")
    assert answer.content.startswith(
        b'{"data":{"greeting":  "gr\\u00fc\\u00df dich",\n"price": 1.10},'
    )
    assert answer.json()["data"]["greeting"] == "grüß dich"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_only_post_is_answered(desk, method):
    answer = await desk.client.request(method, "/graphql", params={"query": "{ greeting }"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert b"hello" not in answer.content


BODIES = {
    "no JSON": (b'{ "query', "BAD_REQUEST"),
    "nothing": (b"", "BAD_REQUEST"),
    "a list": (b'[{"query":"{ greeting }"}]', "BAD_REQUEST"),
    "a text": (b'"{ greeting }"', "BAD_REQUEST"),
    "no query": (b'{"notquery":"{ greeting }"}', "BAD_REQUEST"),
    "empty query": (b'{"query":""}', "BAD_REQUEST"),
    "query a number": (b'{"query":1}', "BAD_REQUEST"),
    "variables a list": (b'{"query":"{ greeting }","variables":[]}', "BAD_REQUEST"),
    "operationName a number": (b'{"query":"{ greeting }","operationName":0}', "BAD_REQUEST"),
    "extensions a text": (b'{"query":"{ greeting }","extensions":"x"}', "BAD_REQUEST"),
    "NaN": (b'{"query":"{ greeting }","variables":{"a":NaN}}', "BAD_REQUEST"),
    "5,000 digits": (b'{"query":"x","variables":{"a":' + b"9" * 5_000 + b"}}", "BAD_REQUEST"),
    "20,000 brackets": (b'{"query":"x","variables":' + b"[" * 20_000, "BAD_REQUEST"),
    "latin-1": ('{"query":"{ greeting } # é"}'.encode("latin-1"), "BAD_REQUEST"),
    "utf-16": ('{"query":"{ greeting }"}'.encode("utf-16"), "BAD_REQUEST"),
    "NUL": (b'{"query":"{ greeting }","variables":{"a":["b\\u0000"]}}', "BAD_USER_INPUT"),
    "NUL in a name": (b'{"query":"{ greeting }","variables":{"a\\u0000":1}}', "BAD_USER_INPUT"),
    "half a pair": (b'{"query":"{ greeting }","variables":{"a":"\\ud83d"}}', "BAD_USER_INPUT"),
    "half a pair in the query": (b'{"query":"{ greeting } # \\ud83d"}', "BAD_USER_INPUT"),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_is_no_request_is_refused_in_words(desk, what):
    body, code = BODIES[what]
    answer = await desk.client.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": code}
    assert "data" not in answer.json()


async def test_a_whole_pair_and_an_escaped_backslash_are_text(desk):
    query = b'"query ($t: String!) { wish(wish: {title: $t}) }"'
    body = rb'{"query":%b,"variables":{"t":"\ud83d\ude00 \\u0000"}}' % query
    answer = await desk.client.post(
        "/graphql", content=body, headers={"content-type": "application/json"}
    )
    assert answer.json()["data"] == {"wish": "\N{GRINNING FACE} \\u0000"}


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {},
    ],
)
async def test_only_plain_json_is_read(desk, headers):
    answer = await desk.client.post(
        "/graphql", content=b'{"query":"{ greeting }"}', headers=headers
    )
    assert answer.status_code == 415


async def test_json_may_name_its_character_set(desk):
    for charset in ("utf-8", '"UTF-8"', "utf8; profile=x"):
        headers = {"content-type": f"application/json; charset={charset}"}
        body = '{"query":"{ greeting }"}'
        assert (await desk.client.post("/graphql", content=body, headers=headers)).is_success


async def test_a_body_over_the_limit_is_refused_before_it_is_read(small_desk):
    told = await small_desk.ask("{ greeting }", variables={"a": "x" * 2_000})
    assert told.status_code == 413
    assert "2000 bytes" in told.json()["errors"][0]["message"]

    async def endless():
        for _ in range(100):
            yield b" " * 1_000
        raise AssertionError("read on after the limit")

    untold = await small_desk.client.post(
        "/graphql", content=endless(), headers={"content-type": "application/json"}
    )
    assert untold.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"


async def test_many_small_values_are_refused_and_one_long_text_is_not(small_desk):
    query = "query ($n: [Int!]!) { count(numbers: $n) }"
    assert await small_desk.code(query, variables={"n": [1] * 60}) == "TOO_MANY_VALUES"
    assert await small_desk.code(query, variables={"n": [1] * 40}) is None
    wish = "query ($t: String!) { wish(wish: {title: $t}) }"
    assert await small_desk.code(wish, variables={"t": ",:[" * 200}) is None


async def test_a_client_without_proof_gets_a_challenge(desk):
    answer = await desk.client.post(
        "/graphql", json={"query": "{ greeting }"}, headers={"authorization": "Bearer stolen"}
    )
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'DPoP algs="ES256 EdDSA"'
    assert answer.json()["errors"][0]["message"] == "Bring a proof with the token."


async def test_a_stranger_found_out_by_the_first_statement_gets_a_challenge_too(desk):
    answer = await desk.ask("{ stranger }")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'DPoP error="invalid_token"'
    assert "data" not in answer.json()


async def test_a_fault_of_ours_is_masked_and_its_id_leads_to_the_trace(desk, caplog):
    with caplog.at_level(logging.INFO):
        answer = await desk.ask("{ greeting breaks }")
    assert answer.status_code == 200
    assert answer.json()["data"] == {"greeting": "hello", "breaks": None}
    (error,) = answer.json()["errors"]
    request_id = answer.headers["x-request-id"]
    assert error["message"].startswith("Something went wrong on our side. Quote request id")
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert error["path"] == ["breaks"]
    (record,) = [r for r in caplog.records if r.name == "portal.edge"]
    assert record.request_id == request_id
    assert "hunter2" in str(record.exc_info[1])
    assert "hunter2" not in json.dumps(answer.json())


async def test_when_nothing_is_left_of_the_answer_the_status_says_so(desk):
    answer = await desk.ask("{ broken }")
    assert answer.status_code == 500
    assert answer.json()["data"] is None


async def test_a_refusal_from_below_keeps_its_words(desk):
    (error,) = (await desk.ask("{ refuses }")).json()["errors"]
    assert error["message"] == "after: This cursor belongs to another list."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("Stranger", 401, "UNAUTHENTICATED"),
        ("Refused", 400, "BAD_USER_INPUT"),
        ("Broken", 500, "INTERNAL"),
    ],
)
async def test_what_goes_wrong_before_the_first_field_leaves_no_data(desk, operation, status, code):
    answer = await desk.ask(f"query {operation} {{ greeting }}")
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == code
    assert "data" not in answer.json()
    assert b"hunter2" not in answer.content


async def test_what_takes_too_long_is_stopped(small_desk):
    answer = await small_desk.ask("{ slow }")
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"


def test_every_code_is_explained_and_answered_with_an_error_status():
    assert all(code.meaning.endswith(".") and 400 <= code.status < 600 for code in Code)
    assert all(code.name == code.value for code in Code)
