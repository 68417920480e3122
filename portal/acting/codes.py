"""The codes of refusals, faults and warnings, each with its one meaning; access.md prints them.

Verbs write a code where they find the fault. A test compares what they write with these tables.
"""

REFUSALS: dict[str, str] = {
    "VALIDATION": "The input cannot be accepted; each of its `errors` has a code of its own.",
    "NOT_PERMITTED": "You see the record and may not do this; `rule` and `grantedBy` say more.",
    "NOT_FOUND": "There is no such record for you.",
    "CONFLICT": "Somebody changed the record after you read it: read it again.",
}
"""The `code` of each of the four refusals."""

FAULTS: dict[str, str] = {
    "ABOVE_WHOLE": "The numerator of a share is larger than its denominator.",
    "AGENCY_ENDED": "The agency has ended; the message names its successor.",
    "ALREADY_ASKED": "It has been asked for, offered or agreed already.",
    "BAD_ID": "This is not an id of this API.",
    "BAD_KEY": "This is not a public key that the portal can use.",
    "BAD_LINK": "This is not a full http or https address.",
    "BAD_NUMBER": "This is no number, or it has too many digits or decimal places.",
    "CONSTRAINT": "The database refused it: it does not fit with what is there.",
    "DATES_REQUIRED": "The stage needs dates, or a word on why there are none.",
    "DIFFERENT": "The value is not what its numerator and denominator make.",
    "EMPTY": "The figure has neither a value nor a numerator.",
    "EXCLUDED_ROLE": "The role goes with no other role that the member has.",
    "FUTURE": "The day is to come, and this can be said only of days that have been.",
    "GRANT_TWICE": "The same grant is entered for the same year already.",
    "IMPOSSIBLE_MOVE": "The initiative cannot go from its stage to this one.",
    "INVALID": "The value is not possible here; the message says why.",
    "IN_USE": "The initiative is measured by this definition already.",
    "KEY_KNOWN": "The API client has, or had, this public key already.",
    "KEY_REUSED": "The idempotency key was used for another input.",
    "KNOWN_KEY": "A measure is defined under this key already.",
    "LEAD_HAS_NO_TEAM": "The lead agency has no team that could take over the open actions.",
    "LONG": "The text is longer than its limit.",
    "NOT_AT_WORK": "The member has left the agency, or has not begun.",
    "NOT_NEWEST": "The definition has a newer edition.",
    "NOT_OVER": "The period is not over and the figure is not marked as provisional.",
    "NO_DENOMINATOR": "The measure is a plain count and has no denominator.",
    "OTHER_INITIATIVE": "The record belongs to another initiative.",
    "OWNER_TAKES_NO_PART": "The team's agency neither leads the initiative nor is committed to it.",
    "PARTS": "A numerator is given without its denominator, or the other way round.",
    "RECORDED_ALREADY": "Your agency has recorded a figure for this period already.",
    "REQUIRED": "Something is missing, or cannot be cleared.",
    "RETIRED": "The measure, definition or theme is retired.",
    "SENT": "Others have seen the initiative: it can be cancelled, not deleted.",
    "SUPERSEDED": "The figure has been corrected already.",
    "TAKEN": "The name is in use.",
    "TOO_MANY": "The list has more entries than its limit.",
    "TOO_MANY_CLIENT_KEYS": "The API client has as many keys as it can have.",
    "UNKNOWN_AREA": "This is no ONS code of an area that the portal knows.",
    "UNPRINTABLE": "The text holds control characters.",
    "UNSTORABLE": "The text or time has something in it that no database keeps.",
    "WRONG_STATE": "The record is in a state in which this cannot be done.",
    "YEAR_UNKNOWN": "There is neither a financial year nor a note that says why.",
}
"""Codes of `ValidationError.errors`."""

WARNINGS: dict[str, str] = {
    "ASKED_AGAIN": "Import only: the partner's answer elsewhere does not count here.",
    "BEFORE_BASELINE": "The period ends before the baseline.",
    "DUE_AFTER_END": "The action is due after the initiative ends.",
    "DUE_IN_PAST": "The action is due on a day that has passed.",
    "FAR_YEAR": "The financial year is more than five years ahead.",
    "HANDED_OVER": "How much was handed over, and how much went back to teams.",
    "INITIATIVE_ENDED": "The initiative is closed or cancelled.",
    "LESS_THAN_BEFORE": "Less is spent than was recorded before.",
    "NOTHING_COUNTED": "0 out of 0 has no value.",
    "NOT_NEWEST": "The definition has a newer edition.",
    "NAMES_SHOWN": "The successor shows its people's names to partners; the old agency did not.",
    "NOT_OVER": "The period is not over: correct the provisional figure when it is.",
    "OVERSPENT": "More is spent than there is.",
    "SESSIONS_ENDED": "How many browser sessions were ended.",
    "SMALL_NUMBER": "A number so small could let somebody recognise a person.",
    "PROGRAMS_LEFT": "The member answered for programs, which see nothing from now on.",
    "STILL_A_DRAFT": "The partner sees the initiative once it is shared.",
    "WAITS_FOR_SECOND": "A second administrator must confirm it.",
    "WORK_LEFT": "The member leaves unfinished actions: hand them over.",
    "VERSION_ENDED": "The framework entry belongs to a version that has ended.",
}
"""Codes of `warnings`: accepted, and worth a second look."""
