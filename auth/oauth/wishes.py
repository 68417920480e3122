"""How a client wants its person to be known: `prompt`, `max_age`, `acr_values` and `claims`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from auth.oauth.jose import Malformed, json_object
from auth.strength import Strength

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_SECONDS = re.compile(r"[0-9]{1,9}")


class BadWish(ValueError):
    """A parameter makes no sense; the message repeats nothing of the input."""


@dataclass(frozen=True)
class Wishes:
    """`acr` is what will do, the weakest first; None when anything will."""

    prompt: frozenset[str] = frozenset()
    max_age: int | None = None
    acr: tuple[Strength, ...] | None = None
    subject: str | None = None
    name_in_id_token: bool = False

    def said(self, known: Strength) -> Strength:
        """The value for the ID token: of those asked for the strongest that was reached."""
        reached = [wanted for wanted in self.acr or () if known.reaches(wanted)]
        return known if known in reached or not reached else reached[-1]

    def met_by(self, known: Strength) -> bool:
        """Whether the person is known surely enough."""
        return self.acr is None or any(known.reaches(wanted) for wanted in self.acr)


def read_wishes(form: Mapping[str, str]) -> Wishes:
    """Everything but `claims` is a few words; BadWish when one of them makes no sense."""
    asked = _claims(form.get("claims"))
    of_id_token = asked.get("id_token", {})
    return Wishes(
        prompt=_prompt(form.get("prompt", "")),
        max_age=_max_age(form.get("max_age")),
        acr=_acr(of_id_token.get("acr"), form.get("acr_values", "")),
        subject=_subject(of_id_token.get("sub")),
        name_in_id_token="name" in of_id_token,
    )


def _prompt(sent: str) -> frozenset[str]:
    prompt = frozenset(sent.split())
    if prompt - PROMPTS or ("none" in prompt and len(prompt) > 1):
        raise BadWish("prompt has a value that is not known, or none beside another.")
    return prompt


def _max_age(sent: str | None) -> int | None:
    if sent is None:
        return None
    if not _SECONDS.fullmatch(sent):
        raise BadWish("max_age must be a number of seconds.")
    return int(sent)


def _acr(claim: Mapping[str, object] | None, voluntary: str) -> tuple[Strength, ...] | None:
    """An essential claim binds, also when none of its values is one of ours; `acr_values` are what
    the client would like: those that are ours are met, the others say nothing here."""
    if claim and claim.get("essential") is True:
        wanted = _values(claim)
        return _ours(wanted) if wanted else None
    return _ours([*_values(claim or {}), *voluntary.split()]) or None


def _ours(values: list[str]) -> tuple[Strength, ...]:
    return tuple(strength for strength in Strength if strength in values)


def _values(claim: Mapping[str, object]) -> list[str]:
    values = claim.get("values", [claim["value"]] if "value" in claim else [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadWish("claims holds values that are no list of texts.")
    return values


def _subject(claim: Mapping[str, object] | None) -> str | None:
    wanted = _values(claim or {})
    if len(wanted) > 1:
        raise BadWish("claims asks for more than one sub.")
    return wanted[0] if wanted else None


def _claims(sent: str | None) -> dict[str, dict[str, Mapping[str, object] | None]]:
    """OpenID Connect 5.5: two lists of claims, each with nothing or with how it is wanted."""
    if sent is None:
        return {}
    try:
        asked = json_object(sent.encode())
    except Malformed as error:
        raise BadWish("claims must be a JSON object.") from error
    found = {}
    for place in ("userinfo", "id_token"):
        claims = {} if asked.get(place) is None else asked[place]
        if not isinstance(claims, dict):
            raise BadWish("claims must hold objects.")
        if not all(how is None or isinstance(how, dict) for how in claims.values()):
            raise BadWish("claims must say of each claim how it is wanted, or null.")
        found[place] = claims
    return found
