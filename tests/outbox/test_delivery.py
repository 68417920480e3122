"""What the portal has to tell reaches a mailbox: once when nothing fails, at least once when
something does, and with nothing of the case in it.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from email.message import Message

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from support.mailbox import Mailbox
from support.posting import Post

WIRRAL, RASA = "wirral.coordinator", "rasa.contributor"
CASE = "Amina Example of 5 Rose Lane, MARAC on Friday"


async def until(asked: Callable[[], Awaitable[list[object]]]) -> None:
    """Ask until there is an answer."""
    async with asyncio.timeout(60):
        while not await asked():  # noqa: ASYNC110 - the database has no event to wait for
            await asyncio.sleep(0.02)


async def forget(_: Message) -> None:
    """Nothing happens when a letter arrives."""


async def test_a_notice_becomes_an_email_that_says_only_that_there_is_something(post: Post) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL, says=CASE)
    assert await post.work() == 1
    (letter,) = post.box.letters
    assert letter["Subject"] == "You have a new notice in the portal"
    assert letter["From"] == "VAWG portal <portal@example.org>"
    assert letter["To"] == "wirral.coordinator@example.org"
    body = letter.get_payload(decode=True).decode().splitlines()
    assert body == [f"{letter['Subject']}.", "", "https://portal.example.org/notices"]
    for word in CASE.replace(",", "").split():
        assert len(word) < 4 or word not in letter.as_string()
    (message,) = await post.messages()
    assert (message.state, message.attempts, message.reply) == ("sent", 1, "250")
    assert letter["Message-ID"] == f"<{message.id}@portal.example.org>"


TELL = (
    "INSERT INTO notice (id, person_id, at, kind, says)"
    " SELECT gen_random_uuid(), person_id, now(), 'invited', 'x' FROM mail_preference"
)


async def test_nothing_is_sent_of_what_was_taken_back(post: Post) -> None:
    await post.hears(WIRRAL)
    async with post.engines.owner.connect() as owner:
        await owner.execute(text(TELL))
        await owner.rollback()
    assert await post.messages() == []


async def test_who_has_named_no_address_or_wishes_none_gets_none(post: Post) -> None:
    await post.hears(RASA, mode="none")
    await post.tell(WIRRAL)
    await post.tell(RASA)
    assert await post.messages() == []


async def test_several_notices_share_an_email_that_has_not_gone(post: Post) -> None:
    await post.hears(WIRRAL)
    for _ in range(3):
        await post.tell(WIRRAL)
    await post.work()
    await post.tell(WIRRAL)
    await post.work()
    assert len(post.box.letters) == len(set(post.box.ids)) == 2
    linked = await post.run("SELECT count(*) FROM outbox_notice GROUP BY message_id ORDER BY 1")
    assert [row[0] for row in linked] == [1, 3]


async def test_an_email_waits_for_the_notice_that_joins_it_to_be_committed(post: Post) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    async with post.engines.owner.begin() as owner:
        await owner.execute(text(TELL))
        assert await post.work() == 0
    assert await post.work() == 1


async def test_a_daily_email_goes_at_seven_in_the_morning_in_london(post: Post) -> None:
    await post.hears(WIRRAL, mode="daily")
    await post.tell(WIRRAL)
    await post.tell(WIRRAL)
    assert await post.work() == 0
    ((hour, ahead),) = await post.run(
        "SELECT extract(hour FROM next_try_at AT TIME ZONE 'Europe/London'),"
        " next_try_at BETWEEN now() AND now() + interval '25 hours' FROM outbox_message"
    )
    assert (hour, ahead) == (7, True)
    await post.now_is_the_time()
    assert await post.work() == 1
    assert len(post.box.letters) == 1


async def test_what_was_read_in_the_meantime_is_not_sent(post: Post) -> None:
    await post.hears(WIRRAL, mode="daily")
    await post.tell(WIRRAL)
    await post.run("UPDATE notice SET read_at = now()")
    await post.now_is_the_time()
    await post.work()
    assert post.box.letters == []
    assert [message.state for message in await post.messages()] == ["not_needed"]


async def test_two_workers_send_each_message_once(post: Post) -> None:
    people = [WIRRAL, RASA, "police.contributor", "pcc.programme", "savera.coordinator"]
    for who in people:
        await post.hears(who)
    for _ in range(4):
        for who in people:
            await post.tell(who)
        await asyncio.gather(post.work(), post.work(), post.work())
    while await post.work():
        pass
    assert len(post.box.ids) == len(set(post.box.ids)) == len(await post.messages())
    assert {message.state for message in await post.messages()} == {"sent"}


async def test_a_worker_killed_between_sending_and_saying_so_sends_again_with_the_same_id(
    post: Post,
) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    async with post.engines.owner.connect() as owner:

        async def hold(_: Message) -> None:
            """The mail server has the letter; that it has, the worker cannot write down."""
            await owner.execute(text("SELECT FROM outbox_message FOR UPDATE"))

        post.box.arriving = hold
        process = post.process()
        try:
            await until(post.somebody_waits)
        finally:
            process.kill()
            process.wait()
        assert process.returncode == -signal.SIGKILL
        await owner.rollback()
    post.box.arriving = forget
    (message,) = await post.messages()
    assert (message.state, len(post.box.letters)) == ("waiting", 1)
    assert await post.work() == 0  # the dead worker's lease holds
    await post.now_is_the_time()
    assert await post.work() == 1
    assert len(post.box.letters) == 2
    assert len(set(post.box.ids)) == 1
    assert [outcome for outcome, _ in await post.attempts()] == ["lost", "sent"]


async def test_what_a_worker_says_of_a_message_that_another_has_by_now_counts_for_nothing(
    post: Post,
) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    take = text("SELECT held FROM take_messages(1, 60)")
    mark = text("SELECT mark_message(:id, :held, 'refused', '550')")
    held = []
    for _ in ("slow", "quick"):
        async with post.engines.worker.begin() as worker:
            held.append((await worker.execute(take)).scalar_one())
        if len(held) == 1:
            await post.now_is_the_time()
    (message,) = await post.messages()
    async with post.engines.worker.begin() as worker:
        said = await worker.execute(mark, {"id": message.id, "held": held[0]})
        assert not said.scalar_one()
    (message,) = await post.messages()
    assert (message.state, message.lease, message.refusals) == ("waiting", held[1], 0)
    assert [outcome for outcome, _ in await post.attempts()] == ["lost", "under_way"]


async def test_a_bounce_is_tried_three_times_and_then_given_up_for_all_to_see(post: Post) -> None:
    await post.hears(WIRRAL)
    await post.hears(RASA)
    await post.tell(WIRRAL)
    await post.tell(RASA)
    post.box.answer = lambda to: "550 5.1.1 no Amina here" if to.startswith("wirral") else "250 OK"
    for _ in range(5):
        await post.work()
        await post.now_is_the_time()
    assert post.box.refused == ["wirral.coordinator@example.org"] * 3
    assert post.box.recipients == ["rasa.contributor@example.org"]
    dead, sent = sorted(await post.messages(), key=lambda message: message.state)
    assert (dead.state, dead.refusals, dead.attempts, dead.reply) == ("dead", 3, 3, "550 5.1.1")
    assert sent.state == "sent"
    assert (await post.attempts()).count(("refused", "550 5.1.1")) == 3


async def test_a_busy_mailbox_is_tried_at_growing_distances_and_given_up_after_five_days(
    post: Post,
) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    post.box.answer = lambda _: "452 4.2.2 full"
    waits = []
    for _ in range(4):
        await post.work()
        ((wait,),) = await post.run(
            "SELECT round(extract(epoch FROM next_try_at - now()) / 60) FROM outbox_message"
        )
        waits.append(wait)
        assert await post.work() == 0
        await post.now_is_the_time()
    assert waits == [2, 4, 8, 16]
    await post.run("UPDATE outbox_message SET written_at = written_at - interval '5 days'")
    await post.work()
    (message,) = await post.messages()
    assert (message.state, message.refusals) == ("dead", 0)


async def test_a_mail_server_that_is_away_costs_a_message_no_attempt(
    post: Post, box: Mailbox
) -> None:
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    listening, box.port = box.port, 1
    assert await post.work() == 0
    (message,) = await post.messages()
    assert (message.state, message.attempts, message.lease) == ("waiting", 0, None)
    assert await post.attempts() == []
    box.port = listening
    await post.now_is_the_time()
    assert await post.work() == 1


async def test_an_address_that_is_none_bounces_and_keeps_nobody_waiting(post: Post) -> None:
    await post.hears(RASA)
    ((team,),) = await post.run("SELECT id FROM team WHERE inbox LIKE '%@wirral.example' LIMIT 1")
    await post.run("UPDATE team SET inbox = 'the one upstairs' WHERE id = :team", team=team)
    await post.run("SELECT post_to_team(:team)", team=team)
    await post.tell(RASA)
    await post.work()
    assert post.box.recipients == ["rasa.contributor@example.org"]
    assert ("refused", "553 5.1.3") in await post.attempts()


async def test_a_team_hears_once_of_whatever_waits(post: Post) -> None:
    ((team,),) = await post.run("SELECT id FROM team WHERE inbox LIKE '%@rasa.example' LIMIT 1")
    for _ in range(3):
        await post.run("SELECT post_to_team(:team)", team=team)
    await post.work()
    (letter,) = post.box.letters
    assert letter["To"].endswith("@rasa.example")
    assert letter["Subject"] == "You have a new task in the portal"


async def test_the_workers_role_reads_no_table_and_opens_no_caller(post: Post) -> None:
    for sql in (
        "SELECT * FROM outbox_message",
        "SELECT * FROM notice",
        "SELECT * FROM mail_preference",
        "UPDATE outbox_message SET state = 'dead'",
        "SELECT open_command_caller(gen_random_uuid(), gen_random_uuid(), now())",
        "SELECT tell(gen_random_uuid(), 'invited', 'x')",
        "SELECT settle_messages()",
    ):
        async with post.engines.worker.connect() as worker:
            with pytest.raises(DBAPIError, match="permission denied"):
                await worker.execute(text(sql))


async def test_a_worker_that_is_told_to_stop_ends(post: Post) -> None:
    worker = post.worker()
    running = asyncio.create_task(worker.run())
    await post.hears(WIRRAL)
    await post.tell(WIRRAL)
    await until(lambda: post.run("SELECT 1 FROM outbox_message WHERE state = 'sent'"))
    worker.stopping.set()
    await asyncio.wait_for(running, 30)
    assert [message.state for message in await post.messages()] == ["sent"]
