"""What proves that a form, or a word for the next page, comes from a page of this browser's."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode

from starlette.requests import Request

from portal.web.cookies import session_cookie, visitor_cookie


def form_token(request: Request) -> str:
    """The token in every form: only who holds the cookie can have it, and no script can read that.

    The cookie itself is the key, so no secret has to be shared between the processes.
    """
    return _mac(_cookie(request), b"form")


def is_form_token(request: Request, token: str) -> bool:
    """Whether a page of this browser's showed the form."""
    return hmac.compare_digest(form_token(request).encode(), token.encode())


def seal(request: Request, words: bytes) -> str:
    """Words that this browser can carry and not change."""
    text = urlsafe_b64encode(words).decode()
    return f"{text}.{_mac(_cookie(request), b'said' + words)}"


def unseal(request: Request, sealed: str) -> bytes | None:
    """The words, if they are ours."""
    text, _, mac = sealed.partition(".")
    try:
        words = urlsafe_b64decode(text.encode())
    except ValueError:
        return None
    expected = _mac(_cookie(request), b"said" + words)
    return words if hmac.compare_digest(expected.encode(), mac.encode()) else None


def _cookie(request: Request) -> str:
    return session_cookie(request) or visitor_cookie(request)


def _mac(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, "sha256").hexdigest()
