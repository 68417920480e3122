"""An export: the API's own documents, page by page, as the caller, who sees no more in it."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

import strawberry

from portal.acting.act import audit_line
from portal.changes.tables import Outcome
from portal.clock import LONDON
from portal.context import Context
from portal.contract import contract_path
from portal.sheets.format import SHEETS
from portal.sheets.rendering import Known, Rendered, rows_of

VERB = "export_initiatives"
WITHIN = (
    "areas", "themes", "frameworkEntries", "partners", "funding", "actions", "measures",
)  # fmt: skip
NAMED = ("areas", "themes")
Read = dict[str, Any]
Told = Callable[[int], object]


class NotAnswered(Exception):
    """The API refused to read this; the message says why."""


def quiet(_: int) -> None:
    """Tell nobody."""


@dataclass
class Exported:
    """What was read, sheet by sheet, and for whom."""

    rows: dict[str, list[Rendered]]
    agency: str
    principal: str
    at: str
    sample: bool = False
    """Whether some of it was made up to show the portal."""

    @property
    def initiatives(self) -> int:
        """How many there are."""
        return len(self.rows[SHEETS[0].name])


@dataclass
class Export:
    """One export on its way."""

    schema: strawberry.Schema
    context: Context
    filter: Read | None = None
    told: Told = quiet
    texts: dict[str, str] = field(default_factory=dict)

    async def run(self) -> Exported:
        """Everything; the audit line is there before the first row has been read."""
        async with self.context.acting() as db:
            db.add(audit_line(self.context, VERB, Outcome.DONE))
        me = (await self._ask("who-am-i"))["me"]
        found = Exported(
            {sheet.name: [] for sheet in SHEETS},
            me["agency"]["name"],
            str(self.context.caller.principal_id),
            self.context.now.astimezone(LONDON).strftime("%Y-%m-%d %H:%M %Z"),
        )
        known = Known.of(await self._reference())
        async for initiative in self._initiatives():
            found.sample = found.sample or initiative["isSample"]
            for sheet, rows in rows_of(initiative, known).items():
                found.rows[sheet] += rows
            self.told(1)
        return found

    async def _reference(self) -> Read:
        """What names may stand for."""
        found = await self._ask("reference-data")
        while left := [name for name in NAMED if _goes_on(found[name])]:
            cursors = {name: found[name]["pageInfo"]["endCursor"] for name in left}
            more = await self._ask("reference-data", **cursors)
            for name in left:
                _extend(found[name], more[name])
        return found

    async def _initiatives(self) -> AsyncIterator[Read]:
        """Each with all that hangs on it."""
        after = None
        while True:
            given = {"after": after, "filter": self.filter}
            page = (await self._ask("export-initiatives", **given))["initiatives"]
            for initiative in page["nodes"]:
                await self._rest(initiative)
                yield initiative
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def _rest(self, initiative: Read) -> None:
        """What had no room on the page."""
        while left := [name for name in WITHIN if _goes_on(initiative[name])]:
            cursors = {name: initiative[name]["pageInfo"]["endCursor"] for name in left}
            no = {f"no{name[0].upper()}{name[1:]}": name not in left for name in WITHIN}
            given = {"id": initiative["id"], **cursors, **no}
            more = (await self._ask("export-initiative-rest", **given))["initiative"]
            for name in left:
                _extend(initiative[name], (more or {}).get(name))
        for measure in initiative["measures"]["nodes"]:
            await self._figures(measure)

    async def _figures(self, measure: Read) -> None:
        figures = measure["observations"]
        while _goes_on(figures):
            given = {"id": measure["id"], "after": figures["pageInfo"]["endCursor"]}
            more = (await self._ask("export-measure-rest", **given))["measure"]
            _extend(figures, (more or {}).get("observations"))

    async def _ask(self, name: str, **given: Any) -> Read:  # noqa: ANN401 - variables
        if name not in self.texts:
            file = contract_path() / "operations" / f"{name}.graphql"
            self.texts[name] = file.read_text(encoding="utf-8")
        result = await self.schema.execute(
            self.texts[name], variable_values=given, context_value=self.context
        )
        if result.errors:
            raise NotAnswered("; ".join(error.message for error in result.errors))
        raw: Any = result.data
        answer: Read = json.loads(raw.bytes, parse_float=Decimal)
        return answer


def _goes_on(connection: Read) -> bool:
    going: bool = connection["pageInfo"]["hasNextPage"]
    return going


def _extend(connection: Read, more: Read | None) -> None:
    """Add a page; where it is not there any more, the list ends."""
    connection["nodes"] += more["nodes"] if more else []
    connection["pageInfo"] = more["pageInfo"] if more else {"hasNextPage": False}


@dataclass(frozen=True)
class About:
    """What should be known of an export."""

    exported: Exported
    address: str
    filter: Read | None

    @cached_property
    def lines(self) -> Sequence[tuple[str, str]]:
        """As (what, says)."""
        counts = [f"{name}: {len(rows):,}" for name, rows in self.exported.rows.items()]
        told = json.dumps(self.filter, ensure_ascii=False) if self.filter else "none"
        lines = [
            ("Handling", "OFFICIAL. It holds what its exporter may see: pass it on as you would"
             " that, and delete it when it is done with."),
            ("Source", f"The portal at {self.address}"),
            ("Exported at", self.exported.at),
            ("Exported for", f"{self.exported.agency}, {self.exported.principal}"),
            ("Filter", told),
            ("Rows", "; ".join(counts)),
            ("Left out", "Milestones, risks, evidence, comments, measures no longer in use, figures"
             " that were corrected, and who in a team does an action."),
            ("Reading", "Read page by page: what changed meanwhile shows as it was when its page"
             " was read."),
        ]  # fmt: skip
        if self.exported.sample:
            lines.append(("Sample", "Some of these initiatives were made up to show the portal."))
        return lines
