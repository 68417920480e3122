"""Hands messages to a mail server: one connection for a round, and what each came to."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from portal.outbox.tables import AttemptOutcome
from portal.settings import LOCAL_HOSTS, MailServer

TIMEOUT = 15.0
"""Seconds for each answer of the mail server."""
CODES = re.compile(rb"^[245]\.\d{1,3}\.\d{1,3}\b")


class NoServer(OSError):
    """No mail server can be spoken to; it is nobody's message that is at fault."""


@dataclass(frozen=True)
class Result:
    """What came of one message: the outcome, and the codes of the reply."""

    outcome: AttemptOutcome
    reply: str | None = None


@contextmanager
def connection(server: MailServer) -> Iterator[smtplib.SMTP]:
    """Signed in, and encrypted unless the mail server is on this computer."""
    smtp: smtplib.SMTP | None = None
    try:
        try:
            smtp = _connected(server)
            if server.user:
                smtp.login(server.user, server.password)
        except (OSError, smtplib.SMTPException) as problem:
            raise NoServer(_said(problem)) from problem
        yield smtp
    finally:
        if smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()


def _connected(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        smtp.ehlo()
        if server.host not in LOCAL_HOSTS:
            smtp.starttls(context=context)
    except (OSError, smtplib.SMTPException):
        smtp.close()
        raise
    return smtp


def send(smtp: smtplib.SMTP, mail: EmailMessage) -> Result:
    """Hand over one message. NoServer: the connection is of no more use, and what came of the
    message is not known."""
    try:
        smtp.send_message(mail)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return _answered(code, words)
    except (smtplib.SMTPDataError, smtplib.SMTPNotSupportedError) as refused:
        return _answered(getattr(refused, "smtp_code", 554), getattr(refused, "smtp_error", b""))
    except (OSError, smtplib.SMTPException) as problem:
        raise NoServer(_said(problem)) from problem
    return Result(AttemptOutcome.SENT, "250")


def _answered(code: int, words: bytes | str) -> Result:
    """5xx is a bounce, 4xx asks for patience."""
    raw = words if isinstance(words, bytes) else words.encode()
    found = CODES.search(raw)
    reply = f"{code} {found[0].decode()}" if found else str(code)
    bounced = 500 <= code < 600
    return Result(AttemptOutcome.REFUSED if bounced else AttemptOutcome.DEFERRED, reply[:20])


def _said(problem: Exception) -> str:
    """What is wrong with the server, on one line."""
    return " ".join(str(problem).split()) or type(problem).__name__
