"""A real mail server on this computer, which does to messages what a test asks of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.settings import MailServer


async def _nothing(_: Message) -> None:
    pass


@dataclass
class Mailbox:
    """Everything that arrived, oldest first; `answer` may refuse, `arriving` is called before the
    reply is given."""

    letters: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    answer: Callable[[str], str] = lambda _: "250 OK"
    arriving: Callable[[Message], Awaitable[None]] = _nothing
    port: int = 0

    @property
    def server(self) -> MailServer:
        """Where it listens."""
        return MailServer("127.0.0.1", self.port, tls=False)

    @property
    def ids(self) -> list[str]:
        """The Message-ID of each letter."""
        return [letter["Message-ID"] for letter in self.letters]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        answer = self.answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        else:
            self.refused.append(address)
        return answer

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter."""
        letter = message_from_bytes(envelope.content or b"")
        self.letters.append(letter)
        self.recipients += envelope.rcpt_tos
        await self.arriving(letter)
        return "250 OK"


@asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    """Listening on a free port of this computer, in the test's own loop."""
    box = Mailbox()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, hostname="mail.test"), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()
