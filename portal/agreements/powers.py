"""Legal powers change by two people: one data protection lead proposes what holds from a day on,
another confirms it.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlmodel import col, select

from auth.kinds import AgencyKind
from portal.acting.checks import length_fault, one_line, refuse
from portal.acting.inputs import Ref
from portal.acting.work import Work
from portal.agreements import access
from portal.agreements.categories import Purpose
from portal.agreements.tables import Gateway
from portal.errors import Finding, Invalid
from portal.proposals.tables import ProposalState
from portal.proposals.verbs import Reason, confirm, day_fault, decline, must_begin_alone

GatewayId = Annotated[UUID, Ref("Gateway")]
_KEY = re.compile(r"[a-z][a-z0-9_]{1,39}")
_LIMITS = {"name": 120, "law": 200, "note": 400}
_LISTS = {
    "sender_kinds": "senderKinds", "receiver_kinds": "receiverKinds", "purposes": "purposes",
}  # fmt: skip


@dataclass(frozen=True)
class GatewayWords:
    """What a legal power permits."""

    name: Annotated[str, "What it is called, at most 120 characters."]
    law: Annotated[str, "Where it stands: the Act and its section, at most 200 characters."]
    sender_kinds: Annotated[list[AgencyKind], "Who may disclose under it."]
    receiver_kinds: Annotated[list[AgencyKind], "To whom."]
    purposes: Annotated[list[Purpose], "What for."]
    confirmed: Annotated[bool, "Whether lawyers have confirmed that the law says so."] = False
    note: Annotated[str | None, "What else is known of it, at most 400 characters."] = None
    valid_to: Annotated[
        date | None,
        "Its last day; from the next on what was given by it is closed.",
    ] = None


async def propose_gateway(
    work: Work,
    key: Annotated[str, "Its name for programs, such as `cda_115`; of a known one, to change it."],
    words: Annotated[GatewayWords, "All of what it permits from its first day on."],
    valid_from: Annotated[date | None, "The first day, today or to come; today if absent."] = None,
) -> Gateway:
    """Propose a legal power, or what a known one permits from a day on; a second data protection
    lead confirms it, and what held before holds until then.
    """
    access.may_change_gateways(work.caller)
    day = valid_from or work.today
    bad_key = None
    if not _KEY.fullmatch(key):
        says = "Use 2 to 40 small letters, digits and underscores, beginning with a letter."
        bad_key = Finding(("key",), says)
    refuse(bad_key, day_fault(day, work.today), *_faults(words, day))
    lists: dict[str, Any] = {
        name: sorted({one.value for one in getattr(words, name)}) for name in _LISTS
    }
    gateway = Gateway(
        key=key, valid_from=day, valid_to=words.valid_to, name=one_line(words.name),
        law=one_line(words.law), confirmed=words.confirmed, note=one_line(words.note or "") or None,
        proposed_by_id=work.caller.principal_id,
        **lists,
    )  # fmt: skip
    work.db.add(gateway)
    return gateway


def _faults(words: GatewayWords, day: date) -> list[Finding]:
    found = [
        Finding(("words", path), "Name at least one.", "REQUIRED")
        for name, path in _LISTS.items()
        if not getattr(words, name)
    ]
    for name, limit in _LIMITS.items():
        text = one_line(getattr(words, name) or "")
        if not text and name != "note":
            found.append(Finding(("words", name), "Say it in words.", "REQUIRED"))
        elif fault := length_fault(name, text, limit):
            found.append(Finding(("words", *fault.path), fault.message, fault.code))
    if words.valid_to is not None and words.valid_to < day:
        found.append(Finding(("words", "validTo"), "The last day comes after the first."))
    return found


async def confirm_gateway(work: Work, id: GatewayId, expected_version: int) -> Gateway:
    """Confirm, as a second person, what a legal power permits; it holds from its first day on."""
    gateway = await work.seen(Gateway, id)
    access.may_change_gateways(work.caller)
    day = max(gateway.valid_from, work.today)
    if gateway.valid_to is not None and gateway.valid_to < day:
        says = f"Its last day, {gateway.valid_to}, has passed: decline it, and propose it anew."
        raise Invalid.field("id", says, "ENDED")
    await must_begin_alone(work, gateway, key=gateway.key)
    return await confirm(work, gateway, expected_version)


async def decline_gateway(
    work: Work, id: GatewayId, expected_version: int, reason: Reason
) -> Gateway:
    """Decline a proposed legal power, or take back your own proposal."""
    gateway = await work.seen(Gateway, id)
    access.may_change_gateways(work.caller)
    return await decline(work, gateway, expected_version, reason)


async def powers_on(work: Work, keys: Collection[str], day: date) -> dict[str, Gateway]:
    """Of these legal powers what holds on a day, over or not: the latest that has begun by then."""
    wanted = (
        select(Gateway)
        .where(
            col(Gateway.key).in_(keys),
            col(Gateway.state) == ProposalState.CONFIRMED,
            col(Gateway.valid_from) <= day,
        )
        .order_by(col(Gateway.valid_from))
    )
    return {row.key: row for row in (await work.db.execute(wanted)).scalars()}
