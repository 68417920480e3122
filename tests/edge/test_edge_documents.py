"""Trusted documents: known by the hash of a file, free of the limits on text, not on cost."""

from hashlib import sha256

import pytest

from portal.contract import contract_path
from portal.edge.documents import Document, TrustedDocuments, document_id
from portal.edge.library import Library
from portal.edge.limits import Limits

GREETING = "sha256:" + sha256(b"query Greeting { greeting }").hexdigest()


async def test_a_document_is_run_by_its_id(desk):
    answer = await desk.client.post("/graphql", json={"documentId": GREETING})
    assert answer.json()["data"] == {"greeting": "hello"}


async def test_apollo_clients_name_it_their_way(desk):
    persisted = {"version": 1, "sha256Hash": GREETING.removeprefix("sha256:")}
    answer = await desk.client.post("/graphql", json={"extensions": {"persistedQuery": persisted}})
    assert answer.json()["data"] == {"greeting": "hello"}


@pytest.mark.parametrize("unknown", ["sha256:" + "0" * 64, "greeting", "", GREETING.upper()])
async def test_an_unknown_id_is_refused_by_name(desk, unknown):
    answer = await desk.client.post("/graphql", json={"documentId": unknown})
    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["extensions"]["code"] == "DOCUMENT_NOT_FOUND"
    assert unknown in error["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"documentId": GREETING, "query": "{ greeting }"},
        {"extensions": {"persistedQuery": {"sha256Hash": "0" * 64}}, "query": "{ greeting }"},
        {"extensions": {"persistedQuery": {"sha256Hash": "0" * 64}}, "documentId": GREETING},
        {"documentId": 1},
        {"extensions": {"persistedQuery": "x"}},
        {"extensions": {"persistedQuery": {"sha256Hash": 1}}},
    ],
)
async def test_one_request_names_one_document_or_brings_one_query(desk, body):
    answer = await desk.client.post("/graphql", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_trusted_document_may_be_long(desk):
    (long,) = [document for document in desk.library.trusted if document.name == "long"]
    assert len(long.text) > desk.library.limits.characters
    by_id = await desk.client.post("/graphql", json={"documentId": long.id})
    assert by_id.json()["data"] == {"greeting": "hello"}
    assert (await desk.ask(long.text)).json()["data"] == {"greeting": "hello"}
    assert await desk.code(long.text + " ") == "QUERY_TOO_LONG"


def test_a_trusted_document_may_have_more_tokens_and_stays_kept(desk):
    text = "query Many { " + "greeting " * 200 + "}"
    limits = Limits(tokens=100)
    library = Library(desk.library.schema, TrustedDocuments.of(Document("many", text)), limits)
    kept = library.prepared(text)
    for number in range(300):
        library.prepared(f"{{ greeting }} # {number}")
    assert library.known(text) is kept
    with pytest.raises(Exception, match="more than 100 tokens"):
        library.prepared(text + " ")


async def test_a_trusted_document_is_priced_like_any_other(desk):
    text = "query Pages($n: Int!) { books(first: $n) { nodes { id } } }"
    trusted = TrustedDocuments.of(Document("pages", text))
    library = Library(desk.library.schema, trusted, Limits(cost=10))
    plan = library.plan(library.prepared(text), None)
    assert library.tariff.price(plan, {"n": 10}).too_much
    assert not library.tariff.price(plan, {"n": 9}).too_much


def test_documents_are_the_files_of_the_contract_byte_for_byte(tmp_path):
    (tmp_path / "teams").mkdir()
    (tmp_path / "teams" / "mine.graphql").write_bytes(b"query Mine {\r\n  greeting\r\n}\r\n")
    (tmp_path / "README.md").write_text("not a document")
    (document,) = TrustedDocuments.load(tmp_path)
    assert document.name == "teams/mine"
    assert document.id == "sha256:" + sha256(b"query Mine {\r\n  greeting\r\n}\r\n").hexdigest()
    assert document_id(document.text) == document.id


def test_the_contract_is_found_in_the_checkout():
    assert (contract_path() / "operations").is_dir()
