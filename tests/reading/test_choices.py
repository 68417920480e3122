"""Whoever adds an enum writes the class and its sentence; the contract has both, without more."""

from enum import StrEnum
from pathlib import Path

import strawberry
from graphql import GraphQLSchema

from portal.reading.choices import describe_choices


class Season(StrEnum):
    """When it is,
    roughly.
    """

    WARM = "warm"
    """From April
    to October.
    """
    COLD = "cold"


class Unsaid(StrEnum):
    YES = "yes"


@strawberry.input
class Wish:
    season: Season


@strawberry.type
class Query:
    unsaid: Unsaid

    @strawberry.field
    def season(self, wish: Wish) -> Season:
        return wish.season


def test_an_enum_says_in_the_contract_what_its_class_says() -> None:
    schema = strawberry.Schema(Query)
    core: GraphQLSchema = schema._schema
    describe_choices(core)
    assert core.type_map["Season"].description == "When it is,\nroughly."
    assert core.type_map["Unsaid"].description is None  # the promises refuse that at start-up
    assert '"""\nWhen it is,\nroughly.\n"""\nenum Season {' in schema.as_str()
    values = core.type_map["Season"].values
    assert values["WARM"].description == "From April\nto October."
    assert values["COLD"].description is None  # as above


def test_nobody_registers_an_enum() -> None:
    texts = (file.read_text() for file in Path("portal").rglob("*.py"))
    assert not any("strawberry.enum(" in text for text in texts)
