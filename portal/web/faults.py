"""What is wrong with a form, at its head and beside each field; and what came of sending it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from portal.web.forms import Form
from portal.web.refusals import NotFoundPage, NotPermittedPage

MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip


@dataclass
class Faults:
    """By the ids of the fields; one without a field stands under an empty id."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, message: str) -> None:
        """One fault; several for a field are all listed."""
        self.found.append((name, message))

    def __bool__(self) -> bool:
        return bool(self.found)

    @property
    def summary(self) -> list[dict[str, str]]:
        """For the box at the head of the page: each leads to its field."""
        return [
            {"text": message, "href": f"#{name}"} if name else {"text": message}
            for name, message in self.found
        ]

    def of(self, name: str) -> dict[str, str] | None:
        """For the field: all that is wrong with it."""
        said = [message for at, message in self.found if at == name]
        return {"text": " ".join(said)} if said else None


@dataclass(frozen=True)
class Outcome:
    """What came of a mutation that was not turned away altogether."""

    faults: Faults
    warnings: tuple[str, ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


def outcome(
    answer: Mapping[str, Any], fields: Mapping[str, str], says: Mapping[str, str] | None = None
) -> Outcome:
    """Read a mutation's result; `fields` names the form's field for each path of the input, `says`
    the page's own words for the codes of some faults.
    """
    faults = Faults()
    match answer["__typename"]:
        case "NotFound" if _field(answer, fields):
            faults.add(_field(answer, fields), "Choose again: this is no longer to be had.")
        case "NotFound":
            raise NotFoundPage
        case "NotPermitted":
            raise NotPermittedPage(answer["message"], answer["grantedBy"], answer["rule"])
        case "ValidationError":
            for error in answer["errors"]:
                message = (says or {}).get(error["code"], error["message"])
                faults.add(_field(error, fields), message)
        case "Conflict":
            faults.add("", answer["message"])
    warnings = tuple(warning["message"] for warning in answer.get("warnings", ()))
    return Outcome(faults, warnings, answer)


def _field(error: Mapping[str, Any], fields: Mapping[str, str]) -> str:
    path = [str(step) for step in error.get("path") or ()]
    return fields.get(".".join(path).removeprefix("input."), "")


def needed(form: Form, name: str, faults: Faults, otherwise: str) -> str:
    """A text that must not be empty."""
    if not form.text(name):
        faults.add(name, otherwise)
    return form.text(name)


def day_in(form: Form, name: str, faults: Faults, what: str) -> str | None:
    """The day in a date input, as the API takes it; a month may be written out."""
    parts = [form.text(f"{name}-{part}") for part in ("day", "month", "year")]
    if not any(parts):
        faults.add(name, f"Enter {what}.")
        return None
    try:
        return date(int(parts[2]), _month(parts[1]), int(parts[0])).isoformat()
    except ValueError:
        faults.add(name, f"Enter {what} as a real day, such as 27 3 2027.")
        return None


def _month(text: str) -> int:
    known = [
        n for n, month in enumerate(MONTHS, 1) if len(text) >= 3 and month.startswith(text.lower())
    ]
    return known[0] if known else int(text)
