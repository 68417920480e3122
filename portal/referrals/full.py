"""The full view of a case: opened for a purpose, which is written down before it is shown."""

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    cast,
    func,
    literal_column,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from strawberry.scalars import JSON

from portal.acting.exposed import mutation
from portal.agencies.api import Agency, Membership
from portal.agreements.categories import DataCategory
from portal.reading.covering import covered
from portal.reading.declare import (
    Ask,
    Columns,
    Connection,
    Listing,
    Node,
    Order,
    column,
    filter_input,
    many,
    one,
    opened,
    reads,
    sql,
    value,
    value_type,
    values,
    where,
)
from portal.referrals import assessing, codes, detailing, details, tables
from portal.referrals.api import Referral
from portal.referrals.marking import MARKING, marking
from portal.referrals.tasks.api import FileAction, file_actions
from portal.store.rules import table_of


@value_type
class SafeContact:
    """How the victim can be reached without danger. Read this before anything else."""

    allowed: list[codes.Channel] = column("The ways that are safe.")
    forbidden: list[codes.Channel] = column("The ways that are dangerous.")
    days: list[codes.Weekday] = column("The days on which it is safe; all if none is named.")
    from_hour: str | None = column("From this time of the day on, as 09:00.")
    to_hour: str | None = column("Until this time of the day.")
    only_through: Agency | None = one(
        "The agency through which alone to reach them.", "only_through_id"
    )
    checked_on: date = column("The day this was last checked.")


@value_type
class Wishes:
    """What the victim knows and wants; and, apart from that, the lawful basis of sharing."""

    awareness: codes.Awareness = column("What they know of the referral and want.")
    reason: codes.WithoutReason | None = column("Why it is made without their wish, if it is.")
    basis: codes.LawfulBasis = column("On which basis in law the sender shares.")
    asked_on: date | None = column("The day they were asked.")


@value_type
class Need:
    """Something the victim needs."""

    code: codes.NeedCode = column("What is needed.")
    language: str | None = column("Of an interpreter, the language, as ISO 639 writes it.")


@value_type
class ProtectiveOrder:
    """That an order exists; not what it says."""

    kind: codes.OrderKind = column("What kind of order it is.")
    expires_on: date | None = column("Its last day, if it has one.")


@value_type
class Subject:
    """Somebody whom the case is about, as a number."""

    role: codes.SubjectRole = column("What they are in the case.")
    number: int = column("Which of those of this role in the case, such as the second suspect.")
    person: str = column("Their number; it says nothing beside that it is the same person.")


@value_type
class RiskAssessment:
    """A risk as a tool graded it by the thresholds of area and day, and as it was judged."""

    tool: codes.RiskTool = column("The tool.")
    tool_version: str = column("The version of its form.")
    score: int = column("The score.")
    grade: str = column("The grade by the thresholds in force then; it stays.")
    judged_grade: str | None = column("The higher grade that professional judgement gave it.")
    judgement_reason: codes.JudgementReason | None = column("Why.")
    assessed_on: date = column("The day of the assessment.")


@value_type
class CodedStep:
    """What was said with an event, in codes."""

    name: str = column("The event, as the pathway calls it.")
    at: datetime = column("When it happened.")
    codes: JSON = column("The fields and their codes.")


def _time(of: Any) -> Any:  # noqa: ANN401 - a column
    return cast(func.to_char(of, "HH24:MI"), String)


def _contact(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(details.SafeContact).c
    return select(
        c.allowed,
        c.forbidden,
        c.days,
        _time(c.from_time).label("from_hour"),
        _time(c.to_time).label("to_hour"),
        c.only_through_id,
        c.checked_on,
    ).where(c.referral_id == row.id)


def _wishes(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(details.Wishes).c
    return select(c.awareness, c.reason, c.basis, c.asked_on).where(c.referral_id == row.id)


def _needs(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(details.Need).c
    return select(c.code, c.language).where(c.referral_id == row.id).order_by(c.code)


def _orders(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(details.ProtectiveOrder).c
    return select(c.kind, c.expires_on).where(c.referral_id == row.id).order_by(c.kind)


def _subjects(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(details.Subject).c
    person = cast(c.person, String).label("person")
    return (
        select(c.role, c.number, person).where(c.referral_id == row.id).order_by(c.role, c.number)
    )


def _assessments(row: Columns, _: Ask) -> Select[Any]:
    c = table_of(details.RiskAssessment).c
    shown = (c.tool, c.tool_version, c.score, c.grade, c.judged_grade, c.judgement_reason)
    found = select(*shown, c.assessed_on).where(c.referral_id == row.id)
    return found.order_by(c.assessed_on.desc(), c.id)


def _steps(row: Columns, _: Ask) -> Select[Any]:
    said, event = table_of(tables.EventCodes).c, table_of(tables.ReferralEvent)
    found = select(event.c.name, event.c.at, cast(said.codes, JSONB).label("codes"))
    found = found.join(event, event.c.id == said.event_id)
    return found.where(said.referral_id == row.id).order_by(event.c.at, event.c.recorded_at)


def _codes_of(model: type[Any]) -> Any:  # noqa: ANN401 - an expression
    def listed(row: Columns, _: Ask) -> Any:  # noqa: ANN401 - an expression
        c = table_of(model).c
        found = select(func.array_agg(c.code.op("ORDER BY")(c.code))).where(c.referral_id == row.id)
        return func.coalesce(found.correlate(row.id.table).scalar_subquery(), [])

    return listed


def _of(category: DataCategory, field: Any) -> Any:  # noqa: ANN401 - a Strawberry field
    """The field is of this data category: null where no agreement covers it."""
    return covered(field, lambda row, _: _lacks(row, category))


def _lacks(row: Columns, *categories: DataCategory) -> ColumnElement[bool]:
    """The case is open to the caller, and one of these categories of it is not."""
    opens = [row.full_acl.bool_op("&&")(_keys(f"'{category}'")) for category in categories]
    found = and_(row.full_acl.bool_op("&&")(_keys()), func.coalesce(not_(and_(*opens)), True))
    return func.coalesce(found, False)


def _keys(category: str = "") -> ColumnElement[Any]:
    return literal_column(f"(SELECT caller_keys({category}))", ARRAY(Integer()))


@reads(tables.Referral)
class ReferralFile:
    """The full view of a case. Each part is of one data category: where the agreement does not
    cover that, the part is null, and `extensions.withheld` says so.
    """

    handling: str = sql(MARKING, marking)
    safe_contact: SafeContact | None = _of(
        DataCategory.SAFE_CONTACT,
        value("How the victim can be reached without danger: first of all.", _contact),
    )
    referral: Referral = one("The summary.", "id")
    subjects: list[Subject] | None = _of(
        DataCategory.IDENTITY_LINK, values("Whom it is about.", _subjects)
    )
    reasons: list[codes.ReasonCode] | None = _of(
        DataCategory.REASONS,
        sql("Why somebody is referred.", _codes_of(details.ReferralReason), nullable=True),
    )
    flags: list[codes.FlagCode] | None = _of(
        DataCategory.FLAGS, sql("What readers must mind.", _codes_of(details.Flag), nullable=True)
    )
    wishes: Wishes | None = _of(
        DataCategory.WISHES, value("What the victim knows and wants, and the basis.", _wishes)
    )
    needs: list[Need] | None = _of(DataCategory.NEEDS, values("What the victim needs.", _needs))
    risk_assessments: list[RiskAssessment] | None = _of(
        DataCategory.RISK, values("Risks as assessed, the latest first.", _assessments)
    )
    orders: list[ProtectiveOrder] | None = _of(
        DataCategory.ORDERS, values("The orders that exist.", _orders)
    )
    actions: list[FileAction] | None = _of(
        DataCategory.ACTIONS, values("What is to be done, as it is due.", file_actions)
    )
    steps: list[CodedStep] = covered(
        values("What was said with each event, in codes of the kinds covered.", _steps, size=50),
        lambda row, _: _lacks(row, *DataCategory),
        partly=True,
    )


class FileConsultationOrder(Enum):
    """How consultations are sorted."""

    NEWEST = "newest"
    """The newest first."""


@reads(tables.Consultation)
class Consultation(Node):
    """Somebody was shown the full view of a case."""

    handling: str = sql(MARKING, marking)
    referral: Referral | None = one("The case; null where you no longer see it.", "referral_id")
    agency: Agency = one("As whom they were shown it.", "agency_id")
    by: Membership | None = one("Who it was; null for a program.", "principal_id")
    by_program: bool = sql(
        "Whether a program was shown it, for itself or in the name of whoever it was.",
        lambda row, _: row.client_id.is_not(None),
    )
    purpose: codes.OpeningPurpose = column("For what.")
    at: datetime = column("When.")


@filter_input
class FileConsultationFilter:
    """Which consultations."""

    referral: strawberry.ID | None = where(
        "Of this case.", lambda row, case, _: row.referral_id == case
    )
    of_our_records: bool | None = where(
        "Whether your own agency owns the record.",
        lambda row, ours, ask: (row.owner_agency_id == ask.agency) == ours,
    )
    agency: strawberry.ID | None = where(
        "By people and programs of this agency.", lambda row, agency, _: row.agency_id == agency
    )
    since: datetime | None = where(
        "At this instant or later.", lambda row, since, _: row.at >= since
    )


CONSULTATIONS = Listing(
    FileConsultationFilter,
    FileConsultationOrder,
    {FileConsultationOrder.NEWEST: Order(lambda row: [row.at], descending=True)},
    FileConsultationOrder.NEWEST,
)


@strawberry.type
class FileQueries:
    """What only a full view shows, and who was shown it."""

    referral_file: ReferralFile | None = opened(
        "The full view of a case. That you open it, as whom and for what is written down first, and"
        " the agency that owns the case sees it.",
        "consult",
        "Referral",
        codes.OpeningPurpose,
    )
    consultations: Connection[Consultation] = many(
        "Who was shown your agency's records, and what you were shown yourself.", CONSULTATIONS
    )


@strawberry.type
class FileMutations:
    """What the sender says of a case."""

    describe_referral = mutation(detailing.describe_referral, Referral, needs="referrals:work")
    set_safe_contact = mutation(detailing.set_safe_contact, Referral, needs="referrals:work")
    set_wishes = mutation(detailing.set_wishes, Referral, needs="referrals:work")
    name_subject = mutation(detailing.name_subject, Referral, needs="referrals:work")
    assess_risk = mutation(assessing.assess_risk, Referral, needs="referrals:work")
