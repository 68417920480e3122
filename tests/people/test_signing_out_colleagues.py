"""An administrator signs a colleague out, as when a laptop was lost, and sees who came when."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal
from support.staffing import ADMIN, Staff, hire, staff

from auth.roles import Role
from auth.sessions import verbs as sessions
from auth.strength import Strength
from portal.context import BySession, Context
from portal.store.engines import Engines

VIEWER = (Role.VIEWER,)
SHOWN = "...on MembershipPayload { membership { id } warnings { code message } }"
LAST = "query($id: ID!) { node(id: $id) { ...on Membership { lastSignedInAt } } }"
NOTICES = "{ me { notices(first: 3) { nodes { kind says } } } }"


@pytest.fixture
async def made(engines: Engines) -> Staff:
    return await staff(engines, adam=ADMIN, bela=ADMIN, vera=VIEWER)


async def sign_in(engines: Engines, made: Staff, name: str) -> BySession:
    async with AsyncSession(engines.auth) as db, db.begin():
        cookie = await sessions.begin(
            db, person_id=made.people[name], acr=Strength.PHISHING_RESISTANT, amr=["hwk"],
            device="A browser", now=datetime.now(UTC), membership_id=made[name],
        )  # fmt: skip
    return BySession(sha256(cookie.encode()).digest())


async def opens(engines: Engines, opening: BySession) -> bool:
    try:
        async with Context(engines.runtime, opening, uuid4(), datetime.now(UTC)).acting():
            return True
    except DBAPIError as refusal:
        return getattr(refusal.orig, "sqlstate", None) != "PA401"


async def sign_out(portal: Portal, made: Staff, who: UUID, name: str = "vera") -> dict[str, Any]:
    return await portal.do(who, "signOutMember", {"membership": made.id(name)}, SHOWN)


async def test_a_colleague_is_signed_out_at_the_next_request_and_can_come_again(
    portal: Portal, engines: Engines, made: Staff
):
    laptop, phone = [await sign_in(engines, made, "vera") for _ in range(2)]
    own = await sign_in(engines, made, "adam")
    assert await opens(engines, laptop)
    done = await sign_out(portal, made, made["adam"])
    assert done["warnings"] == [{"code": "SESSIONS_ENDED", "message": "Signed out of browsers: 2."}]
    assert not await opens(engines, laptop)
    assert not await opens(engines, phone)
    assert await opens(engines, own)
    told = (await portal.ask(made["vera"], NOTICES))["me"]["notices"]["nodes"]
    assert "An administrator signed you out everywhere." in told[0]["says"]
    assert await opens(engines, await sign_in(engines, made, "vera"))


async def test_what_they_do_for_another_agency_is_not_this_ones_business(
    portal: Portal, engines: Engines, made: Staff
):
    other = await staff(engines, olga=ADMIN)
    await hire(engines, other, "vera", VIEWER, person=made.people["vera"])
    elsewhere = await sign_in(engines, other, "vera")
    done = await sign_out(portal, made, made["adam"])
    assert done["warnings"][0]["message"] == "Signed out of browsers: 0."
    assert await opens(engines, elsewhere)


async def test_nobody_else_signs_anybody_out(portal: Portal, engines: Engines, made: Staff):
    other = await staff(engines, olga=ADMIN)
    here = await sign_in(engines, made, "vera")
    for who in (made["vera"], other["olga"]):
        assert (await sign_out(portal, made, who))["rule"] == "people.administrator"
    oneself = await sign_out(portal, made, made["adam"], "adam")
    assert oneself["rule"] == "people.not_oneself"
    call = text("SELECT sign_out_member(:vera)")
    for who in (made["vera"], other["olga"]):
        with pytest.raises(DBAPIError, match="an administrator of the agency"):
            async with portal.context(who).acting() as session:
                await session.execute(call, {"vera": made["vera"]})
    assert await opens(engines, here)


LISTED = (
    "query($of: ID) { memberSessions(filter: {membership: $of}) { nodes {"
    " id device membership { id } endedAt } } }"
)
ENDED = "...on BrowserSessionPayload { browserSession { endedAt } }"


async def listed(portal: Portal, who: UUID, of: str | None = None) -> list[dict[str, Any]]:
    found = (await portal.ask(who, LISTED, of=of))["memberSessions"]
    rows: list[dict[str, Any]] = found["nodes"]
    return rows


async def test_one_browser_of_a_colleague_is_ended_and_the_others_stay(
    portal: Portal, engines: Engines, made: Staff
):
    phone, laptop = [await sign_in(engines, made, "vera") for _ in range(2)]
    newest, older = await listed(portal, made["adam"], made.id("vera"))
    assert newest["device"] == "A browser"
    assert newest["membership"]["id"] == older["membership"]["id"] == made.id("vera")
    given = {"session": newest["id"]}
    done = await portal.do(made["adam"], "endMemberSession", given, ENDED)
    assert done["browserSession"]["endedAt"]
    assert not await opens(engines, laptop)
    assert await opens(engines, phone)
    assert [one["id"] for one in await listed(portal, made["adam"], made.id("vera"))] == [
        older["id"]
    ]
    told = (await portal.ask(made["vera"], NOTICES))["me"]["notices"]["nodes"]
    assert told[0]["says"] == "An administrator signed you out of one browser: A browser."
    again = await portal.do(made["adam"], "endMemberSession", given, ENDED)
    assert again["browserSession"] == done["browserSession"]
    told = (await portal.ask(made["vera"], NOTICES))["me"]["notices"]["nodes"]
    assert [one["kind"] for one in told].count("SIGN_IN_CHANGED") == 1, "told once"


async def test_where_others_are_signed_in_is_for_their_administrators(
    portal: Portal, engines: Engines, made: Staff
):
    other = await staff(engines, olga=ADMIN)
    await hire(engines, other, "vera", VIEWER, person=made.people["vera"])
    here, elsewhere = await sign_in(engines, made, "vera"), await sign_in(engines, other, "vera")
    own = await sign_in(engines, made, "adam")
    seen = {who: await listed(portal, who) for who in (made["adam"], made["vera"], other["olga"])}
    acting = {who: {one["membership"]["id"] for one in rows} for who, rows in seen.items()}
    assert acting == {
        made["adam"]: {made.id("vera"), made.id("adam")},
        made["vera"]: {made.id("vera")},
        other["olga"]: {other.id("vera")},
    }
    [vera] = seen[made["vera"]]
    [adams] = [one for one in seen[made["adam"]] if one["membership"]["id"] == made.id("adam")]
    refusals = [
        (made["vera"], vera, "people.not_oneself"),
        (made["adam"], adams, "people.not_oneself"),
    ]
    for who, one, rule in refusals:
        answer = await portal.do(who, "endMemberSession", {"session": one["id"]})
        assert (answer["__typename"], answer["rule"]) == ("NotPermitted", rule)
    hidden = await portal.do(other["olga"], "endMemberSession", {"session": vera["id"]})
    assert hidden["__typename"] == "NotFound"
    not_own = await portal.do(made["adam"], "endSession", {"id": vera["id"]})
    assert (not_own["__typename"], not_own["rule"]) == ("NotPermitted", "session.own")
    call = text("SELECT end_member_session(:session)")
    for who in (made["vera"], other["olga"]):
        with pytest.raises(DBAPIError, match="an administrator of the agency"):
            async with portal.context(who).acting() as session:
                await session.execute(call, {"session": UUID(vera["id"].partition(":")[2])})
    for still in (here, elsewhere, own):
        assert await opens(engines, still)


async def test_administrators_see_when_a_colleague_last_came_and_others_do_not(
    portal: Portal, engines: Engines, made: Staff
):
    other = await staff(engines, olga=ADMIN)
    await sign_in(engines, made, "vera")

    async def last(who: UUID) -> str | None:
        found: str | None = (await portal.ask(who, LAST, id=made.id("vera")))["node"][
            "lastSignedInAt"
        ]
        return found

    assert await last(made["adam"])
    assert await last(made["vera"]) == await last(made["adam"])
    assert await last(other["olga"]) is None
