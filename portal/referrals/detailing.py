"""What the sender says of a case, in codes: all of it belongs to the full view."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Annotated, TypeVar
from uuid import UUID, uuid4

from sqlmodel import col, select

from auth.tables import Agency
from portal.acting.checks import refuse
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.errors import Finding, Invalid
from portal.referrals import codes
from portal.referrals.details import (
    Flag,
    Need,
    ProtectiveOrder,
    ReferralReason,
    SafeContact,
    Subject,
    Wishes,
)
from portal.referrals.routes import Employment, must_not_be_a_partners
from portal.referrals.tables import OfReferral, Referral
from portal.referrals.tracks import how_many, must_not_be_followed
from portal.referrals.verbs import ReferralId, to_send

T = TypeVar("T", bound=OfReferral)


@dataclass(frozen=True)
class NeedGiven:
    """Something the victim needs."""

    code: Annotated[codes.NeedCode, "What is needed."]
    language: Annotated[str | None, "Of an interpreter: the language, as ISO 639 writes it."] = None


@dataclass(frozen=True)
class OrderGiven:
    """An order that exists."""

    kind: Annotated[codes.OrderKind, "What kind of order it is."]
    expires_on: Annotated[date | None, "Its last day, if it has one."] = None


async def describe_referral(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    reasons: Annotated[list[codes.ReasonCode] | Keep, "Why somebody is referred."] = KEEP,
    flags: Annotated[list[codes.FlagCode] | Keep, "What readers must mind."] = KEEP,
    needs: Annotated[list[NeedGiven] | Keep, "What the victim needs."] = KEEP,
    orders: Annotated[list[OrderGiven] | Keep, "The orders that exist."] = KEEP,
) -> Referral:
    """Say why somebody is referred and what readers must mind; what you leave out stays."""
    referral = await to_send(work, id, expected_version)
    if not isinstance(reasons, Keep):
        rows = [ReferralReason(referral_id=id, code=code) for code in dict.fromkeys(reasons)]
        await _replace(work, referral, ReferralReason, rows)
    if not isinstance(flags, Keep):
        marks = [Flag(referral_id=id, code=code) for code in dict.fromkeys(flags)]
        await _replace(work, referral, Flag, marks)
    if not isinstance(needs, Keep):
        refuse(*_once("needs", [need.code for need in needs]), *_languages(needs))
        wanted = [Need(referral_id=id, code=n.code, language=n.language) for n in needs]
        await _replace(work, referral, Need, wanted)
    if not isinstance(orders, Keep):
        refuse(*_once("orders", [order.kind for order in orders]))
        known = [
            ProtectiveOrder(referral_id=id, kind=o.kind, expires_on=o.expires_on) for o in orders
        ]
        await _replace(work, referral, ProtectiveOrder, known)
    return referral


async def set_safe_contact(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    allowed: Annotated[list[codes.Channel], "The ways that are safe."],
    forbidden: Annotated[list[codes.Channel] | None, "The ways that are dangerous."] = None,
    days: Annotated[
        list[codes.Weekday] | None, "The days on which it is safe; all if none."
    ] = None,
    from_hour: Annotated[int | None, "From this hour of the day on, 0 to 23."] = None,
    to_hour: Annotated[int | None, "Until this hour of the day, 1 to 23."] = None,
    only_through: Annotated[
        Annotated[UUID, Ref("Agency")] | None, "The agency through which alone to reach them."
    ] = None,
) -> Referral:
    """Say how the victim can be reached without danger; it stands first in every view."""
    referral = await to_send(work, id, expected_version)
    both = set(allowed) & set(forbidden or [])
    refuse(
        None if allowed or only_through else Finding(("allowed",), "Name at least one safe way."),
        Finding(("forbidden",), "A way is safe or dangerous, not both.") if both else None,
        *_hours(from_hour, to_hour),
    )
    if only_through is not None:
        await work.seen(Agency, only_through, "onlyThrough")
    contact = SafeContact(
        referral_id=id,
        allowed=list(dict.fromkeys(allowed)),
        forbidden=list(dict.fromkeys(forbidden or [])),
        days=list(dict.fromkeys(days or [])),
        from_time=None if from_hour is None else time(from_hour),
        to_time=None if to_hour is None else time(to_hour),
        only_through_id=only_through,
        checked_on=work.today,
    )
    await _replace(work, referral, SafeContact, [contact])
    return referral


async def set_wishes(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    awareness: Annotated[codes.Awareness, "What the victim knows of the referral and wants."],
    basis: Annotated[codes.LawfulBasis, "On which basis in law your agency shares."],
    reason: Annotated[
        codes.WithoutReason | None, "Why it is made without their wish; needed then."
    ] = None,
    asked_on: Annotated[date | None, "The day they were asked."] = None,
) -> Referral:
    """Say what the victim knows and wishes and, apart from that, the lawful basis."""
    referral = await to_send(work, id, expected_version)
    willing = awareness is codes.Awareness.AWARE_AND_WILLING
    if not willing and reason is None:
        raise Invalid.field(
            "reason", "Say why it is made without the victim's wish or knowledge.", "REASON_NEEDED"
        )
    if willing and reason is not None:
        raise Invalid.field("reason", "Leave this out: the victim knows of it and wants it.")
    if asked_on is not None and asked_on > work.today:
        raise Invalid.field("askedOn", "This day is still to come. Give the day they were asked.")
    wishes = Wishes(
        referral_id=id, awareness=awareness, reason=reason, basis=basis, asked_on=asked_on
    )
    await _replace(work, referral, Wishes, [wishes])
    return referral


async def name_subject(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ReferralId,
    expected_version: int,
    role: Annotated[codes.SubjectRole, "What they are in the case."],
    person: Annotated[
        UUID | None, "Their number from an earlier referral of your agency; a new one if left out."
    ] = None,
    employment: Annotated[
        Employment | None,
        "Of an alleged perpetrator or suspect: whether they are or were a partner's.",
    ] = None,
) -> Referral:
    """Add somebody whom the case is about, as a number. Nobody is named."""
    referral = await to_send(work, id, expected_version)
    accused = role in codes.ACCUSED
    if accused:
        must_not_be_a_partners(employment)
    await must_not_be_followed(work, referral, role)
    await add_subject(work, referral, role, person, employment if accused else None)
    return referral


async def add_subject(
    work: Work,
    referral: Referral,
    role: codes.SubjectRole,
    person: UUID | None,
    employment: Employment | None,
) -> Subject:
    """One more of this role: those that there are keep their numbers."""
    if person is not None:
        await _known_here(work, person)
    subject = Subject(
        referral_id=referral.id,
        role=role,
        number=await how_many(work, referral, role) + 1,
        person=person or uuid4(),
        employment=employment,
    )
    work.db.add(subject)
    await work.db.flush()
    return subject


async def _replace(work: Work, referral: Referral, model: type[T], rows: Sequence[T]) -> None:
    found = select(model).where(col(model.referral_id) == referral.id)
    for old in (await work.db.execute(found)).scalars():
        await work.db.delete(old)
    await work.db.flush()
    work.db.add_all(rows)


async def _known_here(work: Work, person: UUID) -> None:
    """A number means something within the agency that gave it, and nobody else learns of it."""
    own = (
        select(Subject.id)
        .join(Referral, col(Referral.id) == col(Subject.referral_id))
        .where(
            col(Subject.person) == person,
            col(Referral.sender_agency_id) == work.caller.agency_id,
        )
    )
    if (await work.db.execute(own.limit(1))).first() is None:
        raise Invalid.field(
            "person", "No referral of your agency is about this number. Leave it out for a new one."
        )


def _once(field: str, given: Sequence[object]) -> list[Finding]:
    doubles = [str(at) for at, code in enumerate(given) if code in given[:at]]
    return [Finding((field, at), "This is named already.", "TWICE") for at in doubles]


def _languages(needs: Sequence[NeedGiven]) -> list[Finding]:
    interprets = codes.NeedCode.INTERPRETER
    found = []
    for at, need in enumerate(needs):
        path = ("needs", str(at), "language")
        if need.code is interprets and need.language is None:
            found.append(Finding(path, "Name the language of the interpreter."))
        if need.language is not None and need.code is not interprets:
            found.append(Finding(path, "Only an interpreter has a language: leave this out."))
        if need.language is not None and not _is_language(need.language):
            found.append(Finding(path, "Write the language as ISO 639 does, such as ur or pol."))
    return found


def _is_language(code: str) -> bool:
    return code.isascii() and code.isalpha() and code.islower() and len(code) in {2, 3}


def _hours(from_hour: int | None, to_hour: int | None) -> list[Finding]:
    last = 23
    found = [
        Finding((name,), "Give a full hour from 0 to 23.")
        for name, hour in (("fromHour", from_hour), ("toHour", to_hour))
        if hour is not None and not 0 <= hour <= last
    ]
    if not found and from_hour is not None and to_hour is not None and from_hour >= to_hour:
        found.append(Finding(("toHour",), "The last hour lies before the first."))
    return found
