"""Log lines: one JSON object each, with what happened and where, never what was said.

Messages of exceptions often carry values (a key that exists already, an input that does not
parse), so a trace is the exceptions' types and places; only messages about our own code are kept.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime

from portal.store.states import sqlstate

ABOUT_CODE = (AttributeError, ImportError, NameError, NotImplementedError, TypeError)
"""Python's words about a program; they name attributes and types, not data."""

UNDEFINED_OR_SYNTAX = "42"
"""PostgreSQL's class of errors about a statement; the others quote values."""

STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {
    *("message", "asctime", "taskName"),
    "color_message",  # uvicorn's, the message once more for a terminal
}


_WRITER = json.JSONEncoder(default=str)


class JsonLines(logging.Formatter):
    """Time, level, logger, message, the record's extra fields, and a trace without data."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in STANDARD}
        if record.exc_info and record.exc_info[1]:
            line["exceptions"] = [told(cause) for cause in _chain(record.exc_info[1])]
        return _WRITER.encode(line)


def configure(level: int = logging.INFO) -> None:
    """Send every log line to standard error as JSON, and silence those that quote requests."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    hush()


def hush() -> None:
    """Silence those that quote requests: query strings, and the variables in messages of errors.

    Commands do this alone: their words are for a person, who reads them on the same terminal.
    """
    for name in ("uvicorn.access", "strawberry.execution"):
        logging.getLogger(name).disabled = True


def told(cause: BaseException) -> dict[str, object]:
    """An exception as its type, its places in the code and, where that is safe, its message."""
    state = sqlstate(cause)
    about: dict[str, object] = {"type": type(cause).__qualname__}
    if state:
        about["sqlstate"] = state
    if isinstance(cause, ABOUT_CODE) or (state or "").startswith(UNDEFINED_OR_SYNTAX):
        about["says"] = _first_line(cause)
    about["trace"] = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(cause.__traceback__)
    ]
    return about


def _first_line(cause: BaseException) -> str:
    """SQLAlchemy appends statement and parameters on further lines."""
    return str(getattr(cause, "orig", cause)).partition("\n")[0]


def _chain(cause: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    step: BaseException | None = cause
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        yield step
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)
