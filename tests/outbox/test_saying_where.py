"""People say how often and where they hear by e-mail; a code shows that an address is theirs."""

import re
from typing import Any
from uuid import uuid4

import pytest
from support.asking import Portal, the_schema
from support.posting import Post

from portal.sample.partnership import membership_id

WIRRAL, RASA = "wirral.coordinator", "rasa.contributor"
SHOWS = "...on MailPreferencePayload { mailPreference { mode address askedAddress } }"


@pytest.fixture
def asked(post: Post) -> Portal:
    """The API of the outbox's database."""
    return Portal(the_schema(), post.engines.command)


async def said(asked: Portal, who: str, **given: Any) -> dict[str, Any]:
    answer = await asked.do(who, "setMail", given, SHOWS)
    return {**answer, **answer.get("mailPreference", {})}


async def entered(asked: Portal, who: str, code: str) -> dict[str, Any]:
    answer = await asked.do(who, "confirmMail", {"code": code}, SHOWS)
    return {**answer, **answer.get("mailPreference", {})}


async def code_for(post: Post, address: str) -> str:
    """Read in the mailbox."""
    while await post.work():
        pass
    letter = next(one for one in reversed(post.box.letters) if one["To"] == address)
    assert letter["Subject"] == "Your code for the portal"
    found = re.search(r"The code is ([A-Z0-9]{10})\.", letter.get_payload())
    assert found
    return found[1]


async def test_somebody_names_an_address_and_hears_there_once_they_entered_its_code(
    post: Post, asked: Portal
) -> None:
    answer = await said(asked, WIRRAL, mode="AT_ONCE", address=" me@example.org ")
    assert (answer["address"], answer["askedAddress"]) == (None, "me@example.org")
    await post.tell(WIRRAL)
    code = await code_for(post, "me@example.org")
    assert len(post.box.letters) == 1
    answer = await entered(asked, WIRRAL, f"{code[:5].lower()}-{code[5:]} ")
    assert (answer["address"], answer["askedAddress"]) == ("me@example.org", None)
    await post.tell(WIRRAL)
    await post.work()
    assert [letter["Subject"] for letter in post.box.letters] == [
        "Your code for the portal", "You have a new notice in the portal",
    ]  # fmt: skip


async def test_until_then_emails_go_where_they_went(post: Post, asked: Portal) -> None:
    await post.hears(WIRRAL, address="old@example.org")
    await said(asked, WIRRAL, mode="AT_ONCE", address="new@example.org")
    await post.tell(WIRRAL)
    await code_for(post, "new@example.org")
    assert sorted(post.box.recipients) == ["new@example.org", "old@example.org"]


async def test_a_code_is_good_for_its_person_once_and_for_half_an_hour(
    post: Post, asked: Portal
) -> None:
    for who in (WIRRAL, RASA):
        await said(asked, who, mode="AT_ONCE", address=f"{who}@new.example.org")
    code = await code_for(post, f"{WIRRAL}@new.example.org")
    for who, wrong in ((RASA, code), (WIRRAL, "2222222222"), (WIRRAL, "")):
        answer = await entered(asked, who, wrong)
        assert answer["errors"][0]["code"] == "WRONG_CODE"
    assert (await entered(asked, WIRRAL, code))["address"] == f"{WIRRAL}@new.example.org"
    assert (await entered(asked, WIRRAL, code))["errors"][0]["code"] == "WRONG_CODE"
    late = await code_for(post, f"{RASA}@new.example.org")
    await post.run("UPDATE mail_code SET asked_at = asked_at - interval '31 minutes'")
    assert (await entered(asked, RASA, late))["errors"][0]["code"] == "WRONG_CODE"


async def test_only_the_newest_code_counts_and_five_within_an_hour_are_enough(
    post: Post, asked: Portal
) -> None:
    await said(asked, WIRRAL, mode="AT_ONCE", address="first@example.org")
    first = await code_for(post, "first@example.org")
    for number in range(4):
        await said(asked, WIRRAL, mode="AT_ONCE", address=f"{number}@example.org")
    assert (await entered(asked, WIRRAL, first))["errors"][0]["code"] == "WRONG_CODE"
    answer = await said(asked, WIRRAL, mode="AT_ONCE", address="sixth@example.org")
    assert answer["errors"][0]["code"] == "TOO_OFTEN"
    await post.run("UPDATE mail_code SET asked_at = asked_at - interval '61 minutes'")
    answer = await said(asked, WIRRAL, mode="AT_ONCE", address="sixth@example.org")
    assert answer["askedAddress"] == "sixth@example.org"


@pytest.mark.parametrize(
    "wrong",
    ["", "me", "me@", "@example.org", "a@b@c.org", "me@example.org\nBcc: you@example.org",
     "A <a@example.org>", "a@example.org, b@example.org", "a b@example.org", "x" * 300 + "@e.org"],
)  # fmt: skip
async def test_what_is_no_address_is_refused(asked: Portal, wrong: str) -> None:
    answer = await said(asked, WIRRAL, mode="AT_ONCE", address=wrong)
    assert answer["errors"][0]["code"] in {"BAD_MAIL_ADDRESS", "UNPRINTABLE"}


async def test_who_wishes_for_none_after_all_is_sent_nothing_that_waited(
    post: Post, asked: Portal
) -> None:
    await post.hears(WIRRAL, mode="daily")
    await post.tell(WIRRAL)
    await said(asked, WIRRAL, mode="NONE")
    await post.work()
    assert post.box.letters == []
    assert [message.state for message in await post.messages()] == ["not_needed"]


async def test_who_wants_to_hear_at_once_after_all_does_not_wait_for_the_morning(
    post: Post, asked: Portal
) -> None:
    await post.hears(WIRRAL, mode="daily")
    await post.tell(WIRRAL)
    await said(asked, WIRRAL, mode="AT_ONCE")
    assert await post.work() == 1


async def test_a_person_and_their_administrator_see_a_bounce_and_nobody_else_does(
    post: Post, asked: Portal
) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    post.box.answer = lambda _: "550 5.1.1 unknown"
    for _ in range(3):
        await post.work()
        await post.now_is_the_time()
    query = (
        "{ outboxMessages(filter: {state: DEAD}) { nodes { tries reply member { id }"
        " attempts { nodes { outcome reply } } } } }"
    )
    for who in (WIRRAL, "wirral.administrator"):
        (message,) = (await asked.ask(who, query))["outboxMessages"]["nodes"]
        assert (message["tries"], message["reply"]) == (3, "550 5.1.1")
        assert message["member"] is not None
        assert message["attempts"]["nodes"] == [{"outcome": "REFUSED", "reply": "550 5.1.1"}] * 3
    for who in (RASA, "wirral.contributor", "police.administrator"):
        assert (await asked.ask(who, query))["outboxMessages"]["nodes"] == []
    told = "{ me { mail { address } notices { nodes { email { state } } } } }"
    me = (await asked.ask(WIRRAL, told))["me"]
    assert me["mail"] == {"address": f"{WIRRAL}@example.org"}
    assert [each["email"]["state"] for each in me["notices"]["nodes"]] == ["DEAD"]
    assert (await asked.ask(RASA, told))["me"]["mail"] is None


async def test_a_program_says_nothing_about_anybodys_mail(post: Post, asked: Portal) -> None:
    program = uuid4()
    await post.run(
        "INSERT INTO client (id, agency_id, name, owner_membership_id, scopes, created_at,"
        " expires_at, redirect_uris, grants, updated_at, version)"
        " SELECT :id, agency_id, 'A program', id,"
        " ARRAY['initiatives:read'], now(), now() + interval '1 day', '{}',"
        " ARRAY['client_credentials'], now(), 1 FROM membership WHERE id = :owner",
        id=program, owner=membership_id(WIRRAL),
    )  # fmt: skip
    await post.run(
        "INSERT INTO client_acceptance"
        " (id, owner_membership_id, accepted_at, scopes, grants, redirect_uris, thumbprints)"
        " SELECT id, owner_membership_id, now(), scopes, grants, redirect_uris, '{}' FROM client"
        " WHERE id = :id",
        id=program,
    )
    answers = [
        await asked.do(program, "setMail", {"mode": "NONE"}),
        await asked.do(program, "confirmMail", {"code": "BCDFGHJKMN"}),
    ]
    assert [answer["rule"] for answer in answers] == ["mail.oneself"] * 2
    assert await post.run("SELECT 1 FROM mail_preference") == []
