"""What a browser brings back from a provider: a state, and a code or an error."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from auth.federation.refusals import Refused, Told

_STATE = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"[\x21-\x7e]{1,4096}")
_ERROR = re.compile(r"[a-z_]{1,40}")
_READ = ("state", "code", "error", "iss")


@dataclass(frozen=True)
class Returned:
    """Read, and not yet believed."""

    state: str
    code: str | None
    error: str | None
    iss: str | None

    def code_from(self, issuer: str, *, names_itself: bool) -> str:
        """The code, if this very provider says that it gave it (RFC 9207)."""
        if self.iss is None and names_itself:
            raise Refused(Told.NOT_BELIEVED, "iss is missing, which the provider promised")
        if self.iss is not None and self.iss != issuer:
            raise Refused(Told.NOT_BELIEVED, "iss is another provider")
        if self.error is not None:
            error = self.error if _ERROR.fullmatch(self.error) else "an unreadable error"
            raise Refused(Told.NOT_FINISHED, f"the provider answered {error}")
        if self.code is None or not _CODE.fullmatch(self.code):
            raise Refused(Told.NOT_BELIEVED, "there is neither a code nor an error")
        return self.code


def returned(query: Sequence[tuple[str, str]]) -> Returned:
    """Each parameter once; what a provider adds of its own is ignored."""
    found = {name: [value for key, value in query if key == name] for name in _READ}
    if any(len(values) > 1 for values in found.values()):
        raise Refused(Told.NOT_BELIEVED, "a parameter came twice")
    state, code, error, iss = (values[0] if values else None for values in found.values())
    if state is None or not _STATE.fullmatch(state):
        raise Refused(Told.BEGIN_AGAIN, "state is missing or none of ours")
    if code is not None and error is not None:
        raise Refused(Told.NOT_BELIEVED, "there are both a code and an error")
    return Returned(state, code, error, iss)
