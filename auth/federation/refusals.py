"""Why somebody who came back from a provider is not let in, for the audit and for the person."""

from enum import StrEnum


class Told(StrEnum):
    """What the person is told; never whether somebody is known here."""

    NO_SUCH_PROVIDER = "no_such_provider"
    UNREACHABLE = "unreachable"
    BEGIN_AGAIN = "begin_again"
    NOT_FINISHED = "not_finished"
    NOT_BELIEVED = "not_believed"
    NOBODY = "nobody"
    CANNOT_PROVE = "cannot_prove"
    TOO_WEAK = "too_weak"
    SOMEBODY_ELSE = "somebody_else"


class Refused(Exception):
    """`reason` is for the audit: our own words, with nothing of what was sent."""

    def __init__(self, told: Told, reason: str) -> None:
        super().__init__(reason)
        self.told, self.reason = told, reason
