"""What people do with versions of frameworks: propose one with its entries, confirm it, decline."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from sqlmodel import col, select

from portal.acting.checks import one_line, refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.frameworks import access
from portal.frameworks.tables import Framework, FrameworkEntry, FrameworkVersion
from portal.initiatives.checks import tidy
from portal.proposals.tables import ProposalState
from portal.proposals.verbs import Reason, confirm, day_fault, decline

FrameworkId = Annotated[UUID, Ref("Framework")]
VersionId = Annotated[UUID, Ref("FrameworkVersion")]
LABEL_LIMIT, NOTE_LIMIT, CODE_LIMIT, TITLE_LIMIT, ENTRY_LIMIT = 80, 400, 20, 200, 100


@dataclass(frozen=True)
class EntryWords:
    """One pillar, P or action of a proposed version."""

    code: Annotated[str, "Its code within the version, at most 20 characters."]
    title: Annotated[str, "What it is called, at most 200 characters."]


async def propose_framework_version(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    framework: Annotated[FrameworkId, "The framework it is a version of."],
    label: Annotated[str, "What tells it from other versions, at most 80 characters."],
    valid_from: Annotated[date, "Its first day: today, or a day to come."],
    entries: Annotated[list[EntryWords], "All its entries in their order, 1 to 100."],
    note: Annotated[str, "What else is known of it."] = "",
    self_assessed: Annotated[bool, "Whether agencies assess themselves against it."] = False,
) -> FrameworkVersion:
    """Propose how a framework reads from a day on; until another person confirms it, it reads as
    it did.
    """
    of = await work.seen(Framework, framework, "framework")
    access.may_propose_version(work.caller)
    called, faults = tidy("label", label, LABEL_LIMIT, needed="Say what tells it from the others.")
    says, more = tidy("note", note, NOTE_LIMIT)
    refuse(
        *faults,
        *more,
        day_fault(valid_from, work.today),
        await _label_fault(work, of, called),
        *check_entries(entries),
    )
    version = FrameworkVersion(
        framework_id=of.id, label=called or "", valid_from=valid_from, note=says,
        self_assessed=self_assessed, proposed_by_id=work.caller.principal_id,
    )  # fmt: skip
    work.db.add(version)
    await work.db.flush()
    work.db.add_all(
        FrameworkEntry(
            framework_version_id=version.id, code=one_line(each.code), title=one_line(each.title),
            position=at,
        )
        for at, each in enumerate(entries, 1)
    )  # fmt: skip
    return version


async def _label_fault(work: Work, framework: Framework, label: str | None) -> Finding | None:
    known = select(FrameworkVersion.id).where(
        col(FrameworkVersion.framework_id) == framework.id,
        col(FrameworkVersion.label) == label,
        col(FrameworkVersion.state) != ProposalState.DECLINED,
    )
    if await work.db.scalar(known) is None:
        return None
    return Finding(("label",), "There is such a version. Choose another label.", "TAKEN")


def check_entries(entries: Sequence[EntryWords]) -> Iterator[Finding]:
    """Each has a code of its own and a title."""
    if not 1 <= len(entries) <= ENTRY_LIMIT:
        said = f"List 1 to {ENTRY_LIMIT} entries; there are {len(entries)}."
        yield Finding(("entries",), said, "TOO_MANY" if entries else "REQUIRED")
    codes: set[str] = set()
    for at, each in enumerate(entries[:ENTRY_LIMIT]):
        code, faults = tidy(f"entries.{at}.code", each.code, CODE_LIMIT, needed="Enter a code.")
        yield from faults
        yield from tidy(f"entries.{at}.title", each.title, TITLE_LIMIT, needed="Enter a title.")[1]
        if code in codes:
            yield Finding(("entries", str(at), "code"), "Another entry has this code.", "TAKEN")
        codes.add(code or "")


async def confirm_framework_version(
    work: Work, id: VersionId, expected_version: int
) -> FrameworkVersion:
    """Confirm, as a second person, how a framework reads; from its first day on it takes the place
    of the version before.
    """
    version = await work.seen(FrameworkVersion, id)
    access.may_manage(work.caller)
    version = await confirm(work, version, expected_version)
    same_day = select(FrameworkVersion.label).where(
        col(FrameworkVersion.framework_id) == version.framework_id,
        col(FrameworkVersion.valid_from) == version.valid_from,
        col(FrameworkVersion.state) == ProposalState.CONFIRMED,
        col(FrameworkVersion.id) != version.id,
    )
    with work.db.no_autoflush:
        other = await work.db.scalar(same_day)
    if other is not None:
        said = f"{other!r} begins on {version.valid_from}, too. Decline this, or wait for a day."
        raise Invalid.field("id", said, "TAKEN")
    return version


async def decline_framework_version(
    work: Work, id: VersionId, expected_version: int, reason: Reason
) -> FrameworkVersion:
    """Decline a proposed version of a framework, or take back your own proposal."""
    version = await work.seen(FrameworkVersion, id)
    access.may_manage(work.caller)
    return await decline(work, version, expected_version, reason)
