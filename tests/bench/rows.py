"""The portal's answers and PostGraphile's in one form: names, ids and figures written alike."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

UNSORTED = ("areas", "themes", "frameworkEntries", "risks")
"""PostGraphile's order is another: by the link's key, or without an order by score."""
COMPARED_ELSEWHERE = ("possibleStages", "endCursor", "fundingTotals", "funding")
_ID = re.compile(r"[A-Za-z]+:([0-9a-f-]{36})")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT.*")


def ours(value: Any) -> Any:
    """The portal's data."""
    if not isinstance(value, dict):
        return _plain(value, ours)
    value = dict(value)
    if "fundingTotals" in value:
        value["money"] = [_total(t) for t in value["fundingTotals"]]
    value |= value.pop("shownRating", {})
    return _sorted({k: ours(v) for k, v in value.items() if k not in COMPARED_ELSEWHERE})


def _total(total: dict[str, Any]) -> dict[str, Any]:
    year = int(total["financialYearLabel"][:4])
    figures = {k: Decimal(total[k]) for k in ("amount", "matchAmount", "spent")}
    return {"source": total["source"], "year": year, **figures}


def theirs(value: Any) -> Any:
    """PostGraphile's data, whose documents rename what they can."""
    if not isinstance(value, dict):
        return _plain(value, theirs)
    value = dict(value)
    if "funding" in value:
        value["money"] = _totals(value["funding"]["nodes"])
        value["actionCounts"] = {
            key: value.pop(name)["totalCount"]
            for key, name in (
                ("open", "open"),
                ("overdue", "late"),
                ("done", "done"),
                ("notDone", "notDone"),
            )
        }
    for key, inner in (("areas", "area"), ("themes", "theme"), ("frameworkEntries", "entry")):
        if key in value:
            value[key] = [link[inner] for link in value[key]["nodes"]]
    if "latest" in value:
        value["latest"] = next(iter(value["latest"]["nodes"]), None)
    _allocated(value)
    if "agency" in value.get("ownerTeam", {}):
        value["ownerTeam"] = dict(value["ownerTeam"])
        value["ownerAgency"] = value["ownerTeam"].pop("agency")
    return _sorted({k: theirs(v) for k, v in value.items() if k not in COMPARED_ELSEWHERE})


def _allocated(value: dict[str, Any]) -> None:
    if "allocatedToId" in value:
        member = value.pop("allocatedToId")
        value["allocatedTo"] = {"id": member} if member else None
    elif value.get("allocatedTo"):
        member = value["allocatedTo"]["membership"]
        value["allocatedTo"] = {"id": member["id"], "name": (member["shown"] or {}).get("name")}


def _totals(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[int, str], list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        sums[-line["financialYear"], line["source"]].append(line)
    return [
        {
            "source": source,
            "year": -year,
            "amount": sum(Decimal(each["amount"]) for each in same),
            "matchAmount": sum(Decimal(each["amount"]) for each in same if each["isMatch"]),
            "spent": sum(Decimal(each["spent"]) for each in same),
        }
        for (year, source), same in sorted(sums.items())
    ]


def _sorted(value: dict[str, Any]) -> dict[str, Any]:
    for key in UNSORTED:
        if key in value:
            listed = value[key]["nodes"] if isinstance(value[key], dict) else value[key]
            value[key] = sorted(listed, key=str)
    return value


def _plain(value: Any, within: Any) -> Any:
    if isinstance(value, list):
        return [within(item) for item in value]
    if not isinstance(value, str):
        return value
    if found := _ID.fullmatch(value):
        return found[1].upper()
    if _NUMBER.fullmatch(value):
        return Decimal(value)
    if _INSTANT.fullmatch(value):
        return datetime.fromisoformat(value).astimezone(UTC).replace(microsecond=0)
    return value.upper()
