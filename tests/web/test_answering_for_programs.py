"""Whoever is to answer for a program says yes or no to it on a page, after a fresh proof."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from support.visiting import Pages, Visitor

from auth.oauth.clients import NewClient, add_client
from auth.roles import Scope
from portal.sample.partnership import agency_id, membership_id

WHO = "sefton.coordinator"


@pytest.fixture
async def rests(shown: Pages) -> str:
    """A program that an administrator has let in, with a name of its own."""
    now = datetime.now(UTC)
    jwk = ECKey.generate_key("P-256").as_dict(private=False)
    name = f"Desk {now:%f}"
    new = NewClient(
        agency_id("sefton"), name, membership_id(WHO), [Scope.INITIATIVES_READ],
        now + timedelta(days=30), jwk,
    )  # fmt: skip
    async with AsyncSession(shown.engines.owner) as db, db.begin():
        await add_client(db, new, now=now)
    return name


def form_of(visitor: Visitor, name: str) -> dict[str, str]:
    """What the program's own form carries unseen."""
    page = visitor.get("/programs").text
    section = next(part for part in page.split("<section")[1:] if name in part)
    found = section.partition("<form")[2]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', found)
    return dict(fields[:4])


def shown_as(visitor: Visitor, name: str) -> str:
    page = visitor.get("/programs").text
    parts = [part for part in page.split("<section")[1:] if name in part]
    return "gone" if not parts else "waits" if ">waits<" in parts[0] else "works"


async def test_the_owner_accepts_it_and_it_works(shown: Pages, rests: str):
    visitor = await shown.visitor(WHO)
    assert shown_as(visitor, rests) == "waits"
    answer = visitor.post("/programs", form_of(visitor, rests) | {"answer": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/programs")
    assert f"You accepted {rests} as it is." in visitor.get("/programs").text
    assert shown_as(visitor, rests) == "works"


async def test_the_owner_refuses_it_with_a_reason_and_it_is_gone(shown: Pages, rests: str):
    visitor = await shown.visitor(WHO)
    wrong = visitor.post("/programs", form_of(visitor, rests) | {"answer": "no", "reason": ""})
    assert wrong.status_code == 422
    assert "Give a reason" in wrong.text
    given = form_of(visitor, rests) | {"answer": "no", "reason": "I know nothing of it."}
    assert visitor.post("/programs", given).status_code == 303
    assert shown_as(visitor, rests) == "gone"


async def test_what_was_shown_is_what_is_accepted(shown: Pages, rests: str):
    visitor = await shown.visitor(WHO)
    seen = form_of(visitor, rests) | {"answer": "yes"}
    async with shown.engines.owner.begin() as owner:
        wider = text("UPDATE client SET scopes = scopes || '{initiatives:edit}' WHERE name = :name")
        await owner.execute(wider, {"name": rests})
    assert visitor.post("/programs", seen).status_code == 422
    assert shown_as(visitor, rests) == "waits"


async def test_it_asks_for_a_fresh_proof(shown: Pages, rests: str):
    visitor = await shown.visitor(WHO)
    given = form_of(visitor, rests) | {"answer": "yes"}
    async with shown.engines.owner.begin() as owner:
        await owner.execute(
            text(
                "UPDATE browser_session SET started_at = :ago, authenticated_at = :ago,"
                " expires_at = expires_at - interval '20 minutes' WHERE membership_id = :who"
            ),
            {"ago": datetime.now(UTC) - timedelta(minutes=20), "who": membership_id(WHO)},
        )
    answer = visitor.post("/programs", given)
    assert answer.headers["location"] == "/sign-in/again?next=%2Fprograms"
    assert shown_as(visitor, rests) == "waits"


async def test_nobody_sees_the_programs_of_others_here(shown: Pages, rests: str):
    for who in ("knowsley.coordinator", "wirral.coordinator"):
        assert shown_as(await shown.visitor(who), rests) == "gone"
