"""The contract in graphql/ is what the code says, and every document in it works."""

import json
import re
import shutil
from collections.abc import AsyncIterator

import click
import pytest
import strawberry
from graphql import get_named_type, parse, validate
from support.databases import empty_database

from portal import database
from portal.cli.contract import _refuse_breaks, _refuse_undated
from portal.contract import contract_path
from portal.edge.documents import TrustedDocuments
from portal.edge.guarded import guarded
from portal.furnishing import furnish_portal
from portal.publishing.contract import (
    ACCESS,
    RELEASED,
    SDL,
    breaking_changes,
    undated_deprecations,
    written,
)
from portal.publishing.examples import answer, teller
from portal.sample.load import load_sample
from portal.store.build import build
from portal.store.engines import Engines
from portal.store.server import Server

FOLDER = contract_path()
DOCUMENTS = {d.name: d for d in TrustedDocuments.load(FOLDER / "operations")}
REMEDY = "run `poe contract`"


@pytest.fixture(scope="module")
async def sample(server: Server) -> AsyncIterator[Engines]:
    """The sample as `portal demo` loads it, touched by nobody."""
    async with empty_database(server, "contract") as engines:
        async with engines.owner.begin() as owner:
            await build(owner, database.statements())
            await furnish_portal(owner)
            await load_sample(owner)
        yield engines


@pytest.fixture(scope="module")
def schema() -> strawberry.Schema:
    return guarded()[0]


@pytest.mark.parametrize("name", [SDL, ACCESS])
def test_a_written_file_says_what_the_code_says(schema: strawberry.Schema, name: str) -> None:
    texts = written(schema, FOLDER)
    assert (FOLDER / name).read_text() == texts[FOLDER / name], REMEDY


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
async def test_each_document_is_answered_as_its_example_says(
    sample: Engines, schema: strawberry.Schema, name: str
) -> None:
    tell = await teller(sample)
    told = tell(await answer(schema, sample, DOCUMENTS[name]))
    assert told == (FOLDER / "examples" / f"{name}.json").read_text(), REMEDY


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_no_example_shows_a_refusal(name: str) -> None:
    told = (FOLDER / "examples" / f"{name}.json").read_text()
    refusals = {"ValidationError", "NotPermitted", "NotFound", "Conflict"}
    assert not refusals & set(re.findall(r'"__typename": "(\w+)"', told))
    assert json.loads(told)["data"]


def test_every_mutation_has_a_document(schema: strawberry.Schema) -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    shown = "\n".join(d.text for d in DOCUMENTS.values())
    assert [name for name in mutations.fields if f"  {name}(input: $input)" not in shown] == []


def test_every_mutation_answers_with_every_kind_of_refusal(schema: strawberry.Schema) -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    for name, field in mutations.fields.items():
        members = {member.name for member in get_named_type(field.type).types}
        assert {"ValidationError", "NotPermitted", "NotFound", "Conflict"} < members, name
        assert len(members) == 5, name


def test_everything_has_a_description(schema: strawberry.Schema) -> None:
    bare = []
    for kind in schema._schema.type_map.values():
        if kind.name.startswith("__"):
            continue
        bare += [kind.name] if not kind.description else []
        for name, field in getattr(kind, "fields", {}).items():
            bare += [f"{kind.name}.{name}"] if not field.description else []
            for argument, asked in getattr(field, "args", {}).items():
                bare += [f"{kind.name}.{name}({argument})"] if not asked.description else []
    assert bare == []


def test_deprecations_say_since_when(schema: strawberry.Schema) -> None:
    assert undated_deprecations(schema.as_str()) == []


def test_who_deprecates_without_a_day_is_told_where() -> None:
    sdl = """
        enum Stage { LIVE  OLD @deprecated(reason: "2026-11-16: use LIVE instead") }
        input Plan { title: String  name: String @deprecated(reason: "Soon, 2026-13-40") }
        type Query {
            a: String @deprecated
            b(first: Int @deprecated(reason: "One day"), last: Int): Stage
            c: String @deprecated(reason: "Since 2026-11-16, when `a` came")
        }
    """
    assert undated_deprecations(sdl) == ["Plan.name", "Query.a", "Query.b.first"]
    with pytest.raises(click.ClickException, match=r"Plan\.name, Query\.a, Query\.b\.first"):
        _refuse_undated(sdl)
    assert undated_deprecations("type Query { a: String }") == []


def test_no_python_lies_in_the_contract() -> None:
    assert list(FOLDER.rglob("*.py")) == []


def test_a_field_taken_away_breaks_partners_unless_it_was_announced() -> None:
    before = "type Query { title: String summary: String }"
    after = "type Query { title: String }"
    found = breaking_changes(before, after, changelog="Nothing of note.")
    assert len(found) == 1
    assert "summary" in found[0]
    assert breaking_changes(before, after, changelog=f"- {found[0]}") == []
    assert breaking_changes(after, before, changelog="") == []


def test_nothing_that_partners_know_is_broken_unannounced(schema: strawberry.Schema) -> None:
    changelog = (FOLDER.parent / "CHANGELOG.md").read_text()
    known = (FOLDER / RELEASED).read_text()
    assert breaking_changes(known, schema.as_str(), changelog) == []


def test_the_check_fails_on_a_break_and_says_what_to_do(tmp_path) -> None:
    folder = tmp_path / "graphql"
    shutil.copytree(FOLDER, folder)
    shutil.copy(FOLDER.parent / "CHANGELOG.md", tmp_path)
    known = (folder / RELEASED).read_text()
    (folder / RELEASED).write_text(known + "\ntype Taken {\n  away: String\n}\n")
    with pytest.raises(click.ClickException, match="CHANGELOG"):
        _refuse_breaks(folder, known)


def test_documents_fit_the_schema(schema: strawberry.Schema) -> None:
    core = schema._schema
    assert {n: e for n, d in DOCUMENTS.items() if (e := validate(core, parse(d.text)))} == {}
