"""How much one request may ask for; every number is refused with its own code and a remedy."""

from dataclasses import dataclass

from portal.edge.codes import Code


@dataclass(frozen=True)
class Limits:
    """The defaults are what the documents of the contract need, with room to spare."""

    body_bytes: int = 262_144
    values: int = 5_000
    """Numbers, texts, lists and objects in the variables."""
    characters: int = 20_000
    """Of a query that is not a trusted document; reading a text costs time by its length."""
    tokens: int = 1_500
    """Of a query that is not a trusted document."""
    fragments: int = 100
    depth: int = 16
    """The standard introspection query is 15 deep."""
    aliases: int = 100
    keys: int = 50
    """PostgreSQL builds a JSON object from at most 100 arguments."""
    key_bytes: int = 63
    """PostgreSQL cuts longer names."""
    repeats: int = 30_000
    """Pairs of selections with one response key in one place; validation compares each pair. A
    pair of plain names counts 1, others 10."""
    steps: int = 20_000
    """Selections looked at while fragments are followed."""
    fields: int = 1_000
    """Fields of the response, once for every place where a fragment puts them."""
    cost: int = 10_000
    page: int = 50
    """The size of a page where the schema names none."""
    list_size: int = 10
    """The length of a list without pages where the schema names none."""
    seconds: float = 30.0


class TooMuch(Exception):
    """A limit was passed; kept with the document, so it holds code and words, no traceback."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
