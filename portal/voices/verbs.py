"""What people say: comment, take a comment back, record what survivors were asked and said."""

from datetime import date
from typing import Annotated, TypedDict, cast
from uuid import UUID

from portal.acting.checks import refuse
from portal.acting.inputs import KEEP, Keep, Ref
from portal.acting.work import Work
from portal.actions.tables import Action
from portal.errors import Finding, Invalid
from portal.initiatives.access import may_contribute
from portal.initiatives.checks import tidy
from portal.initiatives.holding import taking_part
from portal.initiatives.tables import Initiative
from portal.voices import access
from portal.voices.tables import Audience, Comment, SurvivorConsultation

CommentId = Annotated[UUID, Ref("Comment")]
ConsultationId = Annotated[UUID, Ref("SurvivorConsultation")]
ActionId = Annotated[UUID, Ref("Action")]
TEXT_LIMIT = 4000
TEXTS = {
    "group": (200, "Say which group was asked, without names."),
    "heard": (TEXT_LIMIT, "Say what was heard."),
    "changed": (TEXT_LIMIT, None),
}
"""A consultation's texts: how long each may be, and what to say where it must not be empty."""


async def add_comment(
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    text: Annotated[
        str, "What you have to say, at most 4,000 characters. Name no victim and no survivor."
    ],
    audience: Annotated[
        Audience, "Who may read it: all who see the initiative, or your own agency only."
    ] = Audience.PARTNERS,
) -> Comment:
    """Comment on an initiative, to all its partners or to your own agency."""
    about = await work.seen(Initiative, initiative, "initiative")
    may_contribute(work.caller)
    said, findings = tidy("text", text, TEXT_LIMIT, lines=True, needed="Write your comment.")
    refuse(*findings)
    comment = Comment(
        initiative_id=about.id,
        audience=audience,
        author_id=work.caller.principal_id,
        agency_id=work.caller.agency_id,
        text=said,
    )
    work.db.add(comment)
    return comment


async def withdraw_comment(work: Work, id: CommentId, expected_version: int) -> Comment:
    """Withdraw a comment: its text is no longer shown; your own agency's history keeps it."""
    comment = await work.seen(Comment, id)
    access.may_withdraw(work.caller, comment, await work.own_agencies())
    comment = await work.hold(comment, expected_version)
    if comment.withdrawn_at is not None:
        raise Invalid.field("id", "This comment has been withdrawn already.", "WRONG_STATE")
    comment.text, comment.withdrawn_at = None, work.now
    return comment


class Asked(TypedDict, total=False):
    """What a consultation's record says, named like its columns."""

    held_on: date
    group: str
    heard: str
    changed: str | None


def write_down(record: SurvivorConsultation, said: Asked, today: date) -> list[Finding]:
    """Put on the record what was given, tidied; answers with what cannot stand there."""
    findings: list[Finding] = []
    for name, (limit, needed) in TEXTS.items():
        if name in said:
            given = str(said.get(name) or "")
            text, faults = tidy(name, given, limit, lines=name != "group", needed=needed)
            setattr(record, name, text)
            findings += faults
    record.held_on = said.get("held_on", record.held_on)
    if record.held_on > today:
        findings.append(Finding(("heldOn",), "This day is to come. Record it once it was held."))
    return findings


async def record_consultation(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    initiative: Annotated[UUID, Ref("Initiative")],
    held_on: Annotated[date, "The day survivors were asked."],
    group: Annotated[str, "Which group, in plain words of at most 200 characters; no names."],
    heard: Annotated[str, "What was heard, at most 4,000 characters; nobody recognisable."],
    changed: Annotated[str | None, "What was changed because of it, if anything yet."] = None,
    action: Annotated[ActionId | None, "The action of the same initiative it led to."] = None,
) -> SurvivorConsultation:
    """Record that survivors were consulted, what was heard and what changed."""
    about = await work.seen(Initiative, initiative, "initiative")
    access.may_record(work.caller, await taking_part(work, about))
    record = SurvivorConsultation(
        initiative_id=about.id,
        held_on=held_on,
        group="",
        heard="",
        agency_id=work.caller.agency_id,
        recorded_by_id=work.caller.principal_id,
    )
    refuse(*write_down(record, {"group": group, "heard": heard, "changed": changed}, work.today))
    record.action_id = await _action_of(work, about.id, action)
    work.db.add(record)
    return record


async def change_consultation(  # noqa: PLR0913, PLR0917 - the contract's input
    work: Work,
    id: ConsultationId,
    expected_version: int,
    held_on: Annotated[date | Keep, "The day survivors were asked."] = KEEP,
    group: Annotated[str | Keep, "Which group, in plain words; no names."] = KEEP,
    heard: Annotated[str | Keep, "What was heard."] = KEEP,
    changed: Annotated[str | Keep | None, "What was changed; null removes it."] = KEEP,
    action: Annotated[ActionId | Keep | None, "The action it led to; null removes it."] = KEEP,
) -> SurvivorConsultation:
    """Put a consultation's record right, or say what has changed since; the history keeps it."""
    record = await work.seen(SurvivorConsultation, id)
    about = await work.seen(Initiative, record.initiative_id)
    access.may_correct(work.caller, about, record, await work.own_agencies())
    record = await work.hold(record, expected_version)
    given = {"held_on": held_on, "group": group, "heard": heard, "changed": changed}
    said = cast("Asked", {n: value for n, value in given.items() if value is not KEEP})
    led_to = record.action_id
    if not isinstance(action, Keep):
        led_to = await _action_of(work, about.id, action)  # looked up first, or it is two changes
    refuse(*write_down(record, said, work.today))
    record.action_id = led_to
    return record


async def _action_of(work: Work, initiative_id: UUID, action_id: UUID | None) -> UUID | None:
    """The action, if it is one of this initiative."""
    if action_id is None:
        return None
    action = await work.seen(Action, action_id, "action")
    if action.initiative_id != initiative_id:
        raise Invalid.field(
            "action", "Choose an action of the same initiative.", "OTHER_INITIATIVE"
        )
    return action.id
