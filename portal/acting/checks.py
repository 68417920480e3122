"""What many verbs check of what they are given: titles, texts, links. Each answers with
a finding or None.
"""

import re
from urllib.parse import urlsplit

from portal.errors import Finding, Invalid

LINK_LIMIT = 1000
# PostgreSQL stores no NUL; the others show as nothing, or move the cursor of a terminal.
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_UNLINKABLE = re.compile(r"[\s\x00-\x1f\x7f<>\"\\^`{|}]")


def one_line(text: str) -> str:
    """The text on one line, as a list shows it."""
    return " ".join(text.split())


def refuse(*faults: Finding | None) -> None:
    """Raise every fault that was found, so that all can be mended at once."""
    found = [fault for fault in faults if fault is not None]
    if found:
        raise Invalid(*found)


def title_fault(title: str, limit: int = 200, field: str = "title") -> Finding | None:
    """A title says something, and fits into a list."""
    if not one_line(title):
        return Finding((field,), "Enter a title.")
    return length_fault(field, one_line(title), limit)


def unprintable_fault(text: str, *field: str) -> Finding | None:
    """A text holds nothing that shows as nothing."""
    if not UNPRINTABLE.search(text):
        return None
    return Finding(field, "Remove the control characters from this text.", "UNPRINTABLE")


def length_fault(field: str, text: str | None, limit: int) -> Finding | None:
    """A text fits, and can be shown."""
    if text is None:
        return None
    if len(text) <= limit:
        return unprintable_fault(text, field)
    return Finding((field,), f"Shorten this to {limit:,} characters; it has {len(text):,}.", "LONG")


def reason_fault(field: str, reason: str, limit: int = 1000) -> Finding | None:
    """A reason is given, and fits."""
    if not reason.strip():
        return Finding((field,), "Give a reason: whoever reads this later needs it.")
    return length_fault(field, reason, limit)


def link_fault(field: str, link: str | None) -> Finding | None:
    """A link leads to a page: http or https, a host, no password in it, nothing a
    browser would misread.
    """
    if link is None:
        return None
    if not _is_link(link):
        return Finding(
            (field,), "Give a full web address such as https://example.org/report.", "BAD_LINK"
        )
    return length_fault(field, link, LINK_LIMIT)


def _is_link(link: str) -> bool:
    if _UNLINKABLE.search(link):
        return False
    try:
        parts = urlsplit(link)
        _ = parts.port  # a port that is no number is noticed only when asked for
    except ValueError:
        return False
    web = link.startswith(("http://", "https://"))
    return web and bool(parts.hostname) and "@" not in parts.netloc
