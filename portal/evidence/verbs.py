"""What the lead does with evidence: add a link, put it right, withdraw it."""

from datetime import date
from typing import Annotated
from uuid import UUID

from portal.acting.checks import (
    length_fault,
    link_fault,
    one_line,
    reason_fault,
    refuse,
    title_fault,
)
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Invalid
from portal.evidence.tables import EvidenceItem, EvidenceState
from portal.frameworks.mapping import EntryId, chosen_entry
from portal.initiatives.holding import held, led

EvidenceId = Annotated[UUID, Ref("EvidenceItem")]


async def add_evidence(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    title: Annotated[str, "What it is, at most 200 characters."],
    url: Annotated[str, "Where it is: a web address. Nothing is uploaded."],
    edition: Annotated[str | None, "Which version of the document it is, such as `2.1`."] = None,
    framework_entry: Annotated[
        EntryId | None, "The pillar, P or plan action that it is evidence for."
    ] = None,
    review_on: Annotated[date | None, "The day to check it again."] = None,
) -> EvidenceItem:
    """Add an item of evidence to an initiative."""
    to = await led(work, initiative)
    item = EvidenceItem(
        initiative_id=to.id, title=title, url=url, edition=edition, review_on=review_on
    )
    _check(item)
    await _serve(work, item, framework_entry)
    work.db.add(item)
    return item


async def change_evidence(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: EvidenceId,
    expected_version: int,
    title: Annotated[str | Keep, "What it is."] = KEEP,
    url: Annotated[str | Keep, "Where it is."] = KEEP,
    edition: Annotated[str | Keep | None, "Which version of the document; null removes it."] = KEEP,
    framework_entry: Annotated[
        EntryId | Keep | None, "The pillar, P or plan action; null removes it."
    ] = KEEP,
    review_on: Annotated[date | Keep | None, "The day to check it again; null removes it."] = KEEP,
) -> EvidenceItem:
    """Change an item of evidence, such as to a newer version; the history keeps the old."""
    item = await _held(work, id, expected_version)
    if not isinstance(framework_entry, Keep):
        await _serve(work, item, framework_entry)  # looked up first, or it is two changes
    given = {"title": title, "url": url, "edition": edition, "review_on": review_on}
    for name, value in given.items():
        if not isinstance(value, Keep):
            setattr(item, name, value)
    _check(item)
    return item


async def withdraw_evidence(
    work: Work,
    id: EvidenceId,
    expected_version: int,
    reason: Annotated[str, "Why it no longer stands, at most 1,000 characters."],
) -> EvidenceItem:
    """Withdraw an item of evidence; it stays on record with the reason."""
    item = await _held(work, id, expected_version)
    refuse(reason_fault("reason", reason))
    item.state, item.withdrawn_reason = EvidenceState.WITHDRAWN, reason.strip()
    return item


def _check(item: EvidenceItem) -> None:
    refuse(
        title_fault(item.title),
        link_fault("url", item.url),
        length_fault("edition", item.edition, 40),
    )
    item.title = one_line(item.title)
    item.edition = one_line(item.edition or "") or None


async def _serve(work: Work, item: EvidenceItem, entry_id: UUID | None) -> None:
    """Say what it is evidence for: an entry, which brings its framework and that one's version."""
    if entry_id is not None:
        known = entry_id == item.framework_entry_id
        await chosen_entry(work, entry_id, "frameworkEntry", known=known)
    item.framework_entry_id = entry_id


async def _held(work: Work, item_id: UUID, expected_version: int) -> EvidenceItem:
    item = await held(work, EvidenceItem, item_id, expected_version)
    if item.state == EvidenceState.WITHDRAWN:
        raise Invalid.field("id", "This item has been withdrawn. Add a new one.", "WRONG_STATE")
    return item
