"""Somebody reads who they are, where they are signed in and what they are told."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession
from support.asking import Portal

from auth.sessions import verbs as sessions
from auth.strength import Strength
from portal.context import BySession, Context
from portal.sample.partnership import fixed, membership_id
from portal.sample.programs import keys_in, load_programs
from portal.store.engines import Engines

ME = """{ me { agency { shortName } name roles scopes membership { id }
    memberships { nodes { agency { shortName } } }
    sessions { nodes { id device current acr endedAt } }
    notices { nodes { id kind says readAt } } events { totalCount } } }"""
NOTICE = "...on NoticePayload { notice { readAt } }"
SESSION = "...on BrowserSessionPayload { browserSession { id endedAt } }"


async def sign_in(engines: Engines, name: str, device: str, member: str) -> str:
    """A session of a sample person; its cookie."""
    async with AsyncSession(engines.auth) as db, db.begin():
        return await sessions.begin(
            db,
            person_id=fixed("person", name),
            acr=Strength.PHISHING_RESISTANT,
            amr=["hwk"],
            device=device,
            now=datetime.now(UTC),
            membership_id=membership_id(member),
        )


async def ask_by(portal: Portal, engines: Engines, cookie: str, document: str, **given):
    """As a page asks."""
    opening = BySession(sha256(cookie.encode()).digest())
    context = Context(engines.runtime, opening, uuid4(), datetime.now(UTC))
    result = await portal.schema.execute(document, variable_values=given, context_value=context)
    assert not result.errors, result.errors
    return json.loads(result.data.bytes)


async def test_noor_reads_who_she_is_and_what_else_she_can_act_as(portal: Portal) -> None:
    me = (await portal.ask("wirral.contributor", ME))["me"]
    assert me["name"] == "Noor Pemberton"
    assert me["roles"] == ["CONTRIBUTOR"]
    assert me["scopes"] == ["initiatives:contribute", "initiatives:read"]
    able = {m["agency"]["shortName"] for m in me["memberships"]["nodes"]}
    assert able == {"Wirral", "Wirral MARAC"}


async def test_a_session_knows_itself_and_ends_the_others(portal: Portal, engines: Engines) -> None:
    async with AsyncSession(engines.auth) as db, db.begin():
        await sessions.end_all(db, fixed("person", "Maeve Durrant"), datetime.now(UTC))
    here = await sign_in(engines, "Maeve Durrant", "Firefox", "wirral.coordinator")
    there = await sign_in(engines, "Maeve Durrant", "Chrome", "wirral.coordinator")
    me = (await ask_by(portal, engines, here, ME))["me"]
    known = {s["device"]: s["current"] for s in me["sessions"]["nodes"]}
    assert known == {"Firefox": True, "Chrome": False}
    assert "NEW_SIGN_IN" in {n["kind"] for n in me["notices"]["nodes"]}

    asked = """mutation($input: EndOtherSessionsInput!) { endOtherSessions(input: $input) {
        ...on MembershipPayload { warnings { code message path } } } }"""
    done = await ask_by(portal, engines, here, asked, input={"idempotencyKey": "others"})
    [warning] = done["endOtherSessions"]["warnings"]
    assert warning == {
        "code": "SESSIONS_ENDED",
        "message": "Sessions ended: 1.",
        "path": ["input"],
    }
    async with AsyncSession(engines.auth) as db:
        assert await sessions.current(db, there, datetime.now(UTC)) is None
        assert await sessions.current(db, here, datetime.now(UTC)) is not None


async def test_nobody_ends_a_session_or_reads_a_notice_of_somebody_else(
    portal: Portal, engines: Engines
) -> None:
    cookie = await sign_in(engines, "Olu Bracken", "Safari", "wirral.viewer")
    me = (await ask_by(portal, engines, cookie, ME))["me"]
    session, notice = me["sessions"]["nodes"][0]["id"], me["notices"]["nodes"][0]["id"]
    for who in ("wirral.lead", "pcc.administrator", "police.administrator"):
        refused = await portal.do(who, "endSession", {"id": session})
        assert refused["__typename"] == "NotFound"
        refused = await portal.do(who, "markNoticeRead", {"id": notice})
        assert refused["__typename"] == "NotFound"
    read = await portal.do(
        "wirral.viewer",
        "markNoticeRead",
        {"id": notice},
        NOTICE,
    )
    assert read["notice"]["readAt"]
    ended = await portal.do("wirral.viewer", "endSession", {"id": session}, SESSION)
    assert ended["browserSession"]["endedAt"]
    async with AsyncSession(engines.auth) as db:
        assert await sessions.current(db, cookie, datetime.now(UTC)) is None


async def test_a_program_is_nobody_and_has_no_sessions(
    portal: Portal, engines: Engines, tmp_path: Path
) -> None:
    async with engines.owner.begin() as owner:
        await load_programs(owner, keys_in(tmp_path))
    program = fixed("client", "wirral")
    me = (await portal.ask(program, ME))["me"]
    assert me["name"] is None
    assert me["membership"] is None
    assert me["roles"] == []
    assert me["scopes"]
    assert me["sessions"]["nodes"] == me["notices"]["nodes"] == me["memberships"]["nodes"] == []
    refused = await portal.do(program, "endOtherSessions", {})
    assert refused["rule"] == "session.person"
