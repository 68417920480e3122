"""Requests no careful program would send, from a seeded source of chance."""

import json
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from uuid import UUID

from graphql import GraphQLSchema
from support.documents import Writer
from support.given import Known
from support.hostile import HEADERS, NUMBERS, PIECES, PLACES, TEXTS

from portal.edge.documents import Document
from portal.publishing.examples import example_of

ASKS = "{ __typename }"
AGAIN = 0.1
"""How often the request before is sent once more: what is known takes other ways."""
KEPT = 0.1
"""How often what a person did is kept, so that the next find things otherwise."""


@dataclass
class Wanted:
    """One request; `signed` when a token and a good proof go with it."""

    kind: str
    body: bytes
    method: str = "POST"
    place: str = "/graphql"
    headers: dict[str, bytes] = field(default_factory=lambda: {"content-type": b"application/json"})
    signed: bool = True
    person: str = ""
    """Who does it as if they had signed in, where no program goes: it manages no roles."""
    lasting: bool = True
    """Whether what a person does is kept; what is taken back can be done again."""


@dataclass
class Fuzzer:
    """Makes requests; the same ones for the same seed."""

    random: Random
    schema: GraphQLSchema
    known: Known
    documents: Sequence[Document]
    deck: list[Document] = field(default_factory=list)
    """The mutations that nobody has tried since it was shuffled."""
    last: Wanted = field(default_factory=lambda: Wanted("first", packed({"query": ASKS})))

    @property
    def mutations(self) -> list[Document]:
        """Of the contract's documents."""
        return [one for one in self.documents if "input" in example_of(one).variables]

    def some(self) -> Wanted:
        """The next request."""
        makers: dict[Callable[[], Wanted], int] = {
            self.asks: 25, self.bends: 15, self.fills: 15, self.enacts: 30, self.scribbles: 8,
            self.nests: 8, self.dresses: 8, self.strays: 4,
        }  # fmt: skip
        if self.random.random() > AGAIN:
            self.last = self.random.choices(list(makers), list(makers.values()))[0]()
        return replace(self.last, headers=dict(self.last.headers))

    def asks(self) -> Wanted:
        """A query that the schema allows."""
        made = Writer(self.schema, self.random, self.known).write()
        return Wanted(
            "asks", packed({"query": made.text, "variables": self.random.choice(made.variables)})
        )

    def bends(self) -> Wanted:
        """A document with some of it taken away, doubled, moved or replaced."""
        text, variables = self._a_document()
        for _ in range(self.random.randint(1, 4)):
            text = (self._renamed(text) if self.random.random() < 0.5 else self._cut(text))[:30_000]
        return Wanted("bends", packed({"query": text, "variables": variables}))

    def _cut(self, text: str) -> str:
        at, to = sorted(self.random.randrange(len(text) + 1) for _ in range(2))
        return self.random.choice((
            text[:at] + text[to:],
            text[:at] + self.random.choice(PIECES) + text[at:],
            text[:at] + text[at:to] * 2 + text[to:],
            text[:at] + chr(self.random.randrange(0x3000)) + text[at:],
            text[:at],
        ))  # fmt: skip

    def _renamed(self, text: str) -> str:
        """One word stands where another stood."""
        words = list(re.finditer(r"\w+", text)) or [None]
        old, new = self.random.choice(words), self.random.choice(words)
        if old is None or new is None:
            return text
        return text[: old.start()] + new[0] + text[old.end() :]

    def _a_document(self) -> tuple[str, Any]:
        if self.random.random() < 0.5:
            known = self.random.choice(self.documents)
            return known.text, example_of(known).variables
        made = Writer(self.schema, self.random, self.known).write()
        return made.text, self.random.choice(made.variables)

    def fills(self) -> Wanted:
        """One of the contract's documents with other variables than were meant."""
        document = self.random.choice(self.documents)
        variables = deepcopy(example_of(document).variables)
        if "input" in variables:
            variables["input"]["idempotencyKey"] = self._key()
        for _ in range(self.random.randint(0, 3)):
            variables = self.changed(variables)
        by_id = {"documentId": document.id} if self.random.random() < 0.5 else {}
        asked = by_id or {"query": document.text}
        return Wanted("fills", packed({**asked, "variables": variables}))

    def enacts(self) -> Wanted:
        """A change by the person of the contract's example, each in turn; as meant, or nearly."""
        if not self.deck:
            self.deck = list(self.mutations)
            self.random.shuffle(self.deck)
        document = self.deck.pop()
        example = example_of(document)
        given = {**example.variables["input"], "idempotencyKey": self._key()}
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            given = self.changed(given) or given
        asked = {"query": document.text, "variables": {"input": given}}
        lasting = self.random.random() < KEPT
        return Wanted("enacts", packed(asked), person=example.person, lasting=lasting)

    def _key(self) -> str:
        return str(UUID(int=self.random.getrandbits(128)))

    def changed(self, value: Any) -> Any:
        """The same with one part replaced or dropped; mostly by something of its own type."""
        chance = self.random.random()
        if isinstance(value, dict) and value and chance < 0.97:
            key = self.random.choice(sorted(value))
            if chance < 0.05:
                return {k: v for k, v in value.items() if k != key}
            return {**value, key: self.changed(value[key])}
        if isinstance(value, list) and value and chance < 0.7:
            at = self.random.randrange(len(value))
            return [*value[:at], self.changed(value[at]), *value[at + 1 :]]
        if isinstance(value, str) and chance < 0.8:
            return self.id() if ":" in value else self.random.choice(TEXTS)
        if isinstance(value, int) and chance < 0.8:
            return self.random.choice(NUMBERS)
        return self.value(2)

    def id(self) -> str:
        """An id of some record, hidden ones included, or nearly one."""
        kind = self.random.choice([kind for kind, ids in self.known.ids.items() if ids])
        made = f"{kind}:{self.random.choice(self.known.ids[kind])}"
        return made if self.random.random() < 0.8 else made[: self.random.randrange(len(made))]

    def value(self, depth: int) -> Any:
        """Any JSON."""
        kind = self.random.randrange(9 if depth else 6)
        if kind < 3:
            return self.random.choice(TEXTS)
        if kind < 5:
            return self.random.choice(NUMBERS)
        if kind == 5:
            return self.random.choice((None, True, False))
        if kind == 6:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 4))]
        names = ("input", "filter", "first", "after", "id", "__proto__", "", "\0", "a" * 200)
        return {
            self.random.choice(names): self.value(depth - 1)
            for _ in range(self.random.randint(0, 4))
        }

    def scribbles(self) -> Wanted:
        """Bytes."""
        size = self.random.choice((0, 1, 10, 300, 5_000))
        body = self.random.randbytes(size)
        if self.random.random() < 0.5:
            whole = self.fills().body
            at = self.random.randrange(len(whole))
            body = whole[:at] + body[:20] + whole[at + self.random.randrange(9) :]
        return Wanted("scribbles", body)

    def nests(self) -> Wanted:
        """JSON of another shape than asked for."""
        deep = self.random.choice((10, 200, 3_000, 60_000))
        odd: list[bytes] = [
            b"[" * deep + b"]" * deep,
            b'{"query":' * deep + b"1" + b"}" * deep,
            b'{"query":"{__typename}","variables":' + b'{"a":' * deep + b"1" + b"}" * deep + b"}",
            packed([{"query": ASKS}] * 3),
            packed({name: self.value(3) for name in ("query", "variables", "operationName")}),
            packed({"query": ASKS, "extensions": self.value(3), "variables": self.value(2)}),
            packed({"documentId": self.value(2), "variables": self.value(2)}),
            b'{"query":"{ __typename }","query":' + packed(self.value(1)) + b"}",
            b'{"query":"{ __typename }","variables":{"a":' + b"9" * deep + b"}}",
            b"\xef\xbb\xbf" + packed({"query": ASKS}),
            packed({"query": ASKS}).decode().encode("utf-16"),
            packed({"query": "query A { __typename } query B { __typename }",
                    "operationName": self.random.choice(TEXTS)}),
        ]  # fmt: skip
        return Wanted("nests", self.random.choice(odd))

    def dresses(self) -> Wanted:
        """A good request in odd headers, or unsigned."""
        wanted = self.asks()
        wanted.kind, wanted.signed = "dresses", self.random.random() < 0.8
        for name in self.random.sample(sorted(HEADERS), self.random.randint(1, 3)):
            wanted.headers[name] = self.random.choice(HEADERS[name])
        if self.random.random() < 0.2:
            methods = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
            wanted.method = self.random.choice(methods)
        return wanted

    def strays(self) -> Wanted:
        """Somewhere else."""
        form = "&".join(
            f"{name}={self.random.choice(('', 'x', 'client_credentials', '%00', '%ff', 'a%20b'))}"
            for name in ("grant_type", "client_assertion", "client_assertion_type", "scope", "code")
            if self.random.random() < 0.7
        )
        body = self.random.choice((form.encode(), self.random.randbytes(40), b""))
        method = self.random.choice(("GET", "POST", "DELETE"))
        headers = {"content-type": b"application/x-www-form-urlencoded"}
        if self.random.random() < 0.5:
            headers["dpop"] = self.random.choice(HEADERS["dpop"])
        return Wanted("strays", body, method, self.random.choice(PLACES), headers, signed=False)


def packed(value: Any) -> bytes:
    """As JSON; halves of surrogate pairs as escapes."""
    return json.dumps(value).encode()
