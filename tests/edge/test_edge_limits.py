"""How much one request may ask for: bombs are refused by counting, and the count stays small."""

import pytest
from graphql import GraphQLError, parse

from portal.edge.library import Library
from portal.edge.limits import Limits, TooMuch
from portal.edge.shape import measure

WIDE = Limits(
    tokens=100_000, characters=1_000_000, fragments=10_000, depth=10_000, aliases=100_000,
    repeats=10**9, steps=10**9, fields=10**20, keys=10_000, cost=10**18,
)  # fmt: skip


def doubling(levels: int) -> str:
    """Every fragment uses the next one twice: 2 ** levels fields when written out."""
    chain = "".join(
        f" fragment F{n} on Book {{ author {{ books {{"
        f" nodes {{ ...F{n + 1} }} edges {{ node {{ ...F{n + 1} }} }} }} }} }}"
        for n in range(levels)
    )
    return f"{{ book {{ ...F0 }} }}{chain} fragment F{levels} on Book {{ title }}"


def flat_doubling(levels: int) -> str:
    chain = "".join(f" fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels))
    return f"{{ ...F0 }}{chain} fragment F{levels} on Query {{ greeting }}"


def aliased(levels: int) -> str:
    """The same within the depth that is allowed."""
    chain = "".join(
        f" fragment F{n} on Author {{ books {{ "
        + "".join(f"{key}: nodes {{ author {{ ...F{n + 1} }} }} " for key in "abcdef")
        + "} }"
        for n in range(levels)
    )
    return f"{{ book {{ author {{ ...F0 }} }} }}{chain} fragment F{levels} on Author {{ name }}"


def crossing(width: int, levels: int) -> str:
    """Fields of one name lead to different fragments, so that ever other sets of them meet."""
    text = "{ book { ...L0N0 } }"
    for level in range(levels):
        for number in range(width):
            first, second = number, (number * 2 + level) % width
            text += (
                f" fragment L{level}N{number} on Book {{ author {{ books {{ "
                f"nodes {{ ...L{level + 1}N{first} ...L{level + 1}N{second} }} "
                f"edges {{ node {{ ...L{level + 1}N{(first + 1) % width} }} }} }} }} }}"
            )
    return text + "".join(f" fragment L{levels}N{n} on Book {{ title }}" for n in range(width))


def padded(text: str, size: int = 10_000) -> str:
    return text + "#" * (size - len(text))


VALID = "GRAPHQL_VALIDATION_FAILED"
DEEP, LARGE, COSTLY = "QUERY_TOO_DEEP", "QUERY_TOO_LARGE", "QUERY_TOO_COSTLY"
REPEATS, ALIASES, KEYS = "TOO_MANY_REPEATS", "TOO_MANY_ALIASES", "TOO_MANY_KEYS"
TOKENS, LONG = "TOO_MANY_TOKENS", "QUERY_TOO_LONG"


def many(pattern: str, times: int) -> str:
    return "".join(pattern.replace("#", str(number)) for number in range(times))


BOMBS = {
    "a fragment that doubles 40 times": (padded(flat_doubling(40)), None),
    "a fragment that doubles 99 times": (padded(flat_doubling(99)), None),
    "fields that double": (padded(doubling(4)), DEEP),
    "fields that double without end": (padded(doubling(25)), DEEP),
    "fields that come sixfold, four times": (padded(aliased(4)), LARGE),
    "fragments that cross": (padded(crossing(8, 5)), DEEP),
    "one field 950 times": ("{" + many("greeting ", 950) + "}", REPEATS),
    "one field 80 times with an argument": ("{" + many('book(id:"1"){id}', 80) + "}", REPEATS),
    "one field in 300 inline fragments": ("{" + many("...{greeting}", 300) + "}", REPEATS),
    "one field in 90 fragments": (
        "{" + many("...F# ", 90) + "}" + many("fragment F# on Query{book{id}}", 90), REPEATS,
    ),
    "repeats in repeats": ("{" + many("book{" + many("scan{id}", 17) + "}", 17) + "}", REPEATS),
    "180 levels": ("{book{" + "author{books{nodes{" * 60 + "id" + "}}}" * 60 + "}}", DEEP),
    "490 levels": ("{a" * 490 + "}" * 490, DEEP),
    "1,400 brackets": ("{a(b:" + "[" * 1_400, DEEP),
    "400 inline fragments in each other": ("{" + "...{" * 400 + "greeting" + "}" * 400 + "}", DEEP),
    "400 aliases": ("{" + many("a#:greeting ", 400) + "}", ALIASES),
    "101 aliases": ("{" + many("a#:greeting ", 101) + "}", ALIASES),
    "51 keys": ("{" + many("a#:greeting ", 51) + "}", KEYS),
    "51 keys, some through a fragment": (
        "{...F " + many("a#:greeting ", 30) + "}"
        "fragment F on Query{" + many("b#:greeting ", 21) + "}", KEYS,
    ),
    "a name of 64 letters": ("{" + "x" * 64 + ":greeting}", "KEY_TOO_LONG"),
    "a circle": (
        "{...A} fragment A on Query{...B} fragment B on Query{...C} fragment C on Query{...A}",
        VALID,
    ),
    "a circle through fields": (
        "{book{...A}} fragment A on Book{author{books{nodes{...A}}}}", VALID,
    ),
    "a circle nobody uses": ("{greeting} fragment A on Query{...A}", VALID),
    "101 fragments": (
        "{greeting}" + many("fragment F on Query{greeting}", 101), "TOO_MANY_FRAGMENTS",
    ),
    "1,503 tokens": ("{" + many("greeting ", 1_501) + "}", TOKENS),
    "10,000 comments": ("#\n" * 10_000 + "{greeting}", LONG),
    "5,000 comments": ("#\n" * 5_000 + "{greeting}", TOKENS),
    "a text of 30,000 letters": ('{wish(wish:{title:"' + "x" * 30_000 + '"})}', LONG),
    "a text of 10,000 letters": ('{wish(wish:{title:"' + "x" * 10_000 + '"})}', None),
    "a number of 5,000 digits": ("{count(numbers:[" + "9" * 5_000 + "])}", VALID),
    "a list of 1,600 numbers": ("{count(numbers:[" + many("1 ", 1_600) + "])}", TOKENS),
    "700 unknown directives": ("{greeting" + many("@a", 700) + "}", VALID),
    "1,000 unknown fields": ("{" + many("a# ", 1_000) + "}", VALID),
    "an unknown fragment": ("{...Nope}", VALID),
    "a page of 2 billion": ("{books(first:2000000000){nodes{id}}}", COSTLY),
    "pages in pages": (
        "{books(first:100){nodes{author{books(first:100){nodes{author{id}}}}}}}", COSTLY,
    ),
    "4,000 ids": ("query($i:[ID!]!){nodes(ids:$i){id}}", None),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
async def test_a_bomb_is_refused_with_its_code_or_answered_as_it_is_harmless(desk, bomb):
    text, code = BOMBS[bomb]
    variables = {"i": ["1"] * 4_000} if "ids" in bomb else {}
    assert await desk.code(text, variables=variables) == code


@pytest.mark.parametrize("bomb", BOMBS)
async def test_no_bomb_makes_the_edge_look_at_more_than_the_limit(desk, bomb):
    try:
        document = parse(BOMBS[bomb][0], max_tokens=1_500)
    except GraphQLError:  # refused by the parser: nothing was looked at
        return
    try:
        steps = measure(document, desk.library.limits).steps
    except TooMuch:
        return
    assert steps <= 5 * len(BOMBS[bomb][0])


@pytest.mark.parametrize("grow", [doubling, flat_doubling])
def test_twice_the_document_is_twice_the_work(desk, grow):
    wide = Library(desk.library.schema, limits=WIDE)

    def work(levels: int) -> int:
        prepared = wide.prepared(grow(levels))
        return prepared.shape.steps + wide.plan(prepared, None).steps

    assert work(40) < 2.2 * work(20)


def test_fragments_that_cross_are_followed_up_to_the_limit_only():
    limits = Limits(depth=10_000, fragments=10_000, repeats=10**9)
    with pytest.raises(TooMuch, match="meet in too many ways"):
        measure(parse(crossing(40, 100)), limits)


def test_a_refused_document_was_never_compared_field_by_field(desk, monkeypatch):
    began = []
    monkeypatch.setattr("portal.edge.library.validate", lambda *_: began.append(1))
    with pytest.raises(Exception, match="again and again"):
        desk.library.prepared("{" + " greeting" * 951 + "}")
    assert not began


async def test_limits_hold_for_a_kept_document_with_other_variables(desk):
    page = """query ($n: Int!) {
        books(first: $n) { nodes { author { books(first: $n) { nodes { id } } } } }
    }"""
    for _ in range(2):
        assert await desk.code(page, variables={"n": 50}) is None
        assert await desk.code(page, variables={"n": 500}) == "QUERY_TOO_COSTLY"
    assert desk.library.known(page) is not None


async def test_a_costly_query_is_refused_with_both_numbers_and_a_remedy(desk):
    answer = await desk.ask("{ books(first: 20000) { nodes { id } } }")
    assert answer.status_code == 400
    assert answer.json()["extensions"]["cost"] == {"requested": 20_001, "limit": 10_000}
    message = answer.json()["errors"][0]["message"]
    assert "20001" in message
    assert "10000" in message
    assert "`first`" in message


PRICES = {
    "{ greeting __typename }": 0,
    '{ book { id title } }': 1,
    "{ book { author { name } } }": 2,
    "{ books { totalCount } }": 1,
    "{ books { nodes { id } } }": 51,
    "{ books(first: 5) { nodes { id } } }": 6,
    "{ books(first: 5) { edges { cursor node { id } } pageInfo { hasNextPage } } }": 6,
    "{ books(first: 5) { nodes { author { id } } } }": 11,
    "{ books(first: 5) { nodes { author { books(first: 3) { nodes { id } } } } } }": 1 + 5 * 6,
    "{ a: book { id } b: book { id } }": 2,
    "{ book { id } ...F ...F } fragment F on Query { book { title } }": 1,
    "{ book { chapters { id } } }": 1 + 7,
    "{ book { editors { id } } }": 1 + 10,
    "{ book { scan { id } } }": 1 + 30,
    '{ nodes(ids: ["1", "2", "3"]) { id } }': 3,
    '{ node(id: 1) { ... on Book { scan { id } } ... on Author { books { nodes { id } } } } }': 52,
    "{ book @skip(if: true) { id } }": 0,
    "{ books(first: -5) { nodes { id } } }": 1,
    "mutation { rename(title: \"x\") }": 0,
}  # fmt: skip


@pytest.mark.parametrize("query", PRICES)
async def test_the_price_is_the_objects_that_may_come(desk, query):
    assert (await desk.ask(query)).json()["extensions"]["cost"]["requested"] == PRICES[query]


@pytest.mark.parametrize(
    ("variables", "price"), [({}, 1 + 4), ({"n": 9}, 1 + 9), ({"authors": True}, 1 + 4 * 2)]
)
async def test_the_price_follows_the_variables(desk, variables, price):
    query = """query ($n: Int! = 4, $authors: Boolean! = false) {
        books(first: $n) { nodes { id ... @include(if: $authors) { author { id } } } }
    }"""
    answer = await desk.ask(query, variables=variables)
    assert answer.json()["extensions"]["cost"]["requested"] == price


async def test_a_list_by_ids_costs_its_ids(desk):
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    answer = await desk.ask(query, variables={"ids": ["1"] * 80})
    assert answer.json()["extensions"]["cost"]["requested"] == 80


async def test_the_same_field_in_every_fragment_of_a_page_is_fine(desk):
    fragments = "".join(
        f"fragment F{n} on Book {{ id title author {{ id name }} }} " for n in range(20)
    )
    used = " ".join(f"...F{n}" for n in range(20))
    assert await desk.code(f"{{ books {{ nodes {{ {used} }} }} }} {fragments}") is None


async def test_fifty_keys_of_each_type_are_counted_apart(desk):
    def keys(prefix: str) -> str:
        return " ".join(f"{prefix}{n}: id" for n in range(45))

    assert await desk.code(
        f'{{ node(id: "1") {{ ... on Book {{ {keys("b")} }} ... on Author {{ {keys("a")} }} }} }}'
    ) is None  # fmt: skip


def test_kept_documents_do_not_grow_without_end(desk):
    library = Library(desk.library.schema)
    for number in range(1_000):
        library.prepared(f"{{ greeting }} # {number:05} {'x' * 500}")
    assert library._characters <= 100_000
    assert len(library._recent) <= 256
    assert library.known("{ greeting } # 00999 " + "x" * 500) is not None
    assert library.known("{ greeting } # 00000 " + "x" * 500) is None
