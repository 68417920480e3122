"""What tests of refusals share: one who asks, a list, and cursors that the API never made."""

import json
from base64 import urlsafe_b64encode
from typing import Any

from sqlalchemy import text
from support.asking import Portal

from portal.sample.partnership import agency_id

WHO = "wirral.coordinator"
KEY = str(agency_id("wirral"))
WIRRAL = f"Agency:{KEY}"
LISTED = (
    "query($first: Int! = 3, $after: String, $text: String, $kind: AgencyKind) {"
    " agencies(first: $first, after: $after, filter: {text: $text, kind: $kind}) {"
    " totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
)
ONE = "query($id: ID!) { agency(id: $id) { name } node(id: $id) { __typename } }"


async def refused(portal: Portal, document: str, **variables: Any) -> str:
    """The code of the one error that is the answer."""
    data, errors = await portal.try_asking(WHO, document, **variables)
    assert data is None
    assert len(errors) == 1, errors
    return str(errors[0]["code"])


def cursor(*parts: Any) -> str:
    """A cursor as the API makes them, of parts that it might not put in."""
    return urlsafe_b64encode(json.dumps(parts).encode()).decode()


async def names(portal: Portal) -> list[str]:
    """Every agency's, also of those that other tests have made."""
    async with portal.context(WHO).acting() as db:
        return sorted((await db.execute(text("SELECT name FROM agency"))).scalars())
