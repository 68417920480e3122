"""Keeping up with changes, as a partner's program does."""

from typing import Any

from support.asking import Portal

SINCE = """query($after: String, $first: Int!) {
    changesSince(after: $after, first: $first) {
        nodes { at kind objectType nodeId gone initiativeId verb agency { shortName }
                node { __typename id ...on Initiative { title } } }
        pageInfo { hasNextPage endCursor }
    }
    changesCursor
}"""


async def now(portal: Portal, who: str) -> str:
    """Where somebody starts who wants what is new from now on."""
    cursor: str = (await portal.ask(who, "{ changesCursor }"))["changesCursor"]
    return cursor


async def since(portal: Portal, who: str, after: str | None, size: int = 100) -> list[Any]:
    """Everything new for somebody, page by page."""
    found: list[Any] = []
    while True:
        page = (await portal.ask(who, SINCE, after=after, first=size))["changesSince"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


def about(changes: list[Any], of: str) -> list[Any]:
    """The changes of one record."""
    return [change for change in changes if change["nodeId"] == of]


def kinds(changes: list[Any]) -> list[str]:
    """What happened, in order."""
    return [change["kind"] for change in changes]
