"""A form that was sent: read only if a page of this portal showed it to this very browser."""

from urllib.parse import parse_qsl

from starlette.requests import Request

from portal.web.refusals import BadRequestPage, NotOurForm
from portal.web.site import site_of
from portal.web.tokens import is_form_token

URLENCODED = "application/x-www-form-urlencoded"
MOST_FIELDS = 500
OURS = frozenset({"same-origin", "none"})


class Form(dict[str, str]):
    """The fields by name; of those sent several times the last, and `all` of them."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def all(self, name: str) -> list[str]:
        """Every value of a field, as of a set of checkboxes."""
        return [value for key, value in self._pairs if key == name]

    def text(self, name: str) -> str:
        """The value without blanks around it; empty when the field was not sent."""
        return self.get(name, "").strip()


async def form(request: Request) -> Form:
    """The form's fields, once it is sure that nobody else made the browser send it."""
    check_sender(request)
    fields = Form(await _fields(request))
    if not is_form_token(request, fields.get("form_token", "")):
        raise NotOurForm
    return fields


def check_sender(request: Request) -> None:
    """What the browser says of who sent the request; those that do not say send an Origin."""
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        if fetch_site not in OURS:
            raise NotOurForm
    elif request.headers.get("origin") != site_of(request).settings.base_url:
        raise NotOurForm


async def _fields(request: Request) -> list[tuple[str, str]]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != URLENCODED:
        raise BadRequestPage("Forms are sent as plain fields.", 415)
    try:
        body = (await _body(request)).decode()
        pairs = parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise BadRequestPage("The form could not be read. Go back and send it again.") from None
    if any("\0" in name or "\0" in value for name, value in pairs):
        raise BadRequestPage("A field holds a character that cannot be kept. Type it again.")
    return [(name, value.replace("\r\n", "\n")) for name, value in pairs]


async def _body(request: Request) -> bytes:
    limit = site_of(request).settings.body_limit
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BadRequestPage("The form is too long. Shorten what you wrote.", 413)
    return bytes(body)
