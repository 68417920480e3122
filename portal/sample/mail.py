"""Somebody of the sample who hears by e-mail each morning, and has just been sent a code; and a
message to a colleague whose address was wrong.
"""

from datetime import UTC, datetime, timedelta

from sqlmodel import SQLModel

from portal.outbox.tables import (
    AttemptOutcome,
    MailCode,
    MailMode,
    MailPreference,
    MessageState,
    OutboxAttempt,
    OutboxMessage,
)
from portal.sample.initiatives import IMPORTED
from portal.sample.partnership import PEOPLE, fixed

WHO, NEW_ADDRESS, MAIL_CODE = "wirral.coordinator", "coordinator@wirral.example", "BCDFGHJKMN"


def mail_rows() -> list[SQLModel]:
    """The code is good for half an hour, in real time."""
    person, now = fixed("person", PEOPLE[WHO][1]), datetime.now(UTC)
    message = OutboxMessage(
        id=fixed("message", WHO), person_id=person, state=MessageState.SENT, written_at=IMPORTED,
        next_try_at=IMPORTED, sent_at=IMPORTED, attempts=1, refusals=0, reply="250",
    )  # fmt: skip
    wish = MailPreference(
        id=fixed("mail", WHO), person_id=person, mode=MailMode.DAILY, address=f"{WHO}@example.org",
        since=IMPORTED, asked_address=NEW_ADDRESS,
    )  # fmt: skip
    code = MailCode(
        id=fixed("mail-code", WHO), person_id=person, message_id=message.id, address=NEW_ADDRESS,
        code=MAIL_CODE, asked_at=now,
    )  # fmt: skip
    return [wish, message, code, *_bounced()]


def _bounced() -> list[SQLModel]:
    person, at = fixed("person", PEOPLE["wirral.viewer"][1]), IMPORTED + timedelta(hours=1)
    message = OutboxMessage(
        id=fixed("message", "bounced"), person_id=person, state=MessageState.DEAD, attempts=1,
        written_at=IMPORTED, next_try_at=at, refusals=1, reply="550 5.1.1",
    )  # fmt: skip
    attempt = OutboxAttempt(
        id=fixed("attempt", "bounced"), message_id=message.id, at=at, reply="550 5.1.1",
        outcome=AttemptOutcome.REFUSED,
    )  # fmt: skip
    return [message, attempt]
