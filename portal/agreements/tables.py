"""An agreement, its versions, its parties, and what people have said and done about it.

Nothing that was agreed is overwritten: a version that was sent for signature stays as it is, a
party that left keeps its row, and every move is an event with its day, its author and its reason.
"""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from auth.kinds import AgencyKind
from auth.roles import Role, SignatoryTitle
from portal.agreements.categories import DataCategory, DataSubject, Purpose
from portal.proposals.tables import CONFIRMED, Proposed
from portal.store.base import Instant, Keys, Row, choice, no_keys


class AgreementState(StrEnum):
    """Where an agreement stands; that its review is due or its last day over, the calendar says."""

    DRAFT = "draft"
    """It is being written."""
    OUT_FOR_SIGNATURE = "out_for_signature"
    """It is being signed, or is signed and has not begun."""
    IN_FORCE = "in_force"
    """Data may be shared under it."""
    DUE_REVIEW = "due_review"
    """The day of its review has come; it is in force all the same."""
    SUSPENDED = "suspended"
    """It is interrupted: nothing is shared under it."""
    EXPIRED = "expired"
    """Its last day is over."""
    WITHDRAWN = "withdrawn"
    """It was ended before its last day."""


class Controllers(StrEnum):
    """Who answers for the shared data."""

    SOLE = "sole"
    """Each party answers for what it holds."""
    JOINT = "joint"
    """The parties answer for it together."""


class Ceiling(StrEnum):
    """The highest marking of what may be shared."""

    OFFICIAL = "official"
    """No case is marked so low: such an agreement is about general data only."""
    OFFICIAL_SENSITIVE = "official_sensitive"
    """Cases are marked so."""


class OnwardRule(StrEnum):
    """Whether a receiver may pass on what it was given."""

    NEVER = "never"
    """No."""
    ASK_OWNER = "ask_owner"
    """To whom the agency that gave it agrees to, each time."""
    PARTIES = "parties"
    """To other parties of the agreement."""


class Accession(StrEnum):
    """Who lets a further party in, beside its own signature."""

    CLOSED = "closed"
    """Nobody: that takes a new version."""
    LEAD = "lead"
    """The agency that leads the agreement."""
    ALL_PARTIES = "all_parties"
    """Every party that is in standing."""


class SharingDirection(StrEnum):
    """Which way a party shares."""

    GIVES = "gives"
    """It gives data to others."""
    RECEIVES = "receives"
    """It is given data."""
    BOTH = "both"
    """It does both."""


class Verdict(StrEnum):
    """What a data protection lead advises."""

    SUPPORTS = "supports"
    """To sign."""
    WITH_CONDITIONS = "with_conditions"
    """To sign if what the advice names is seen to."""
    AGAINST = "against"
    """Not to sign."""


class AgreementMove(StrEnum):
    """What happened to an agreement or to a party of it."""

    DRAFTED = "drafted"
    """It was begun."""
    CHANGED = "changed"
    """What was not sent yet was written anew."""
    AMENDED = "amended"
    """A new version was begun."""
    PARTY_NAMED = "party_named"
    """An agency was named as a party."""
    SENT = "sent"
    """A version was sent for signature."""
    DROPPED = "dropped"
    """A version was given up before all had signed it."""
    ADVISED = "advised"
    """A data protection lead advised."""
    SIGNED = "signed"
    """A party signed."""
    AGREED = "agreed"
    """All that had to sign have signed: it counts from its first day on."""
    CONSENTED = "consented"
    """A party agreed that another joins."""
    JOINED = "joined"
    """A party joined."""
    PARTY_SUSPENDED = "party_suspended"
    """A party's part was interrupted; the others go on."""
    PARTY_RESUMED = "party_resumed"
    """A party takes part again."""
    PARTY_LEFT = "party_left"
    """A party left; the others go on."""
    SUSPENDED = "suspended"
    """The agreement was interrupted."""
    RESUMED = "resumed"
    """The agreement goes on."""
    WITHDRAWN = "withdrawn"
    """The agreement was ended before its last day."""


def _set_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ",".join(f"'{value.value}'" for value in values)
    says = f"cardinality({column}) > 0 AND {column} <@ ARRAY[{listed}]::text[]"
    return CheckConstraint(says, name=column)


class Gateway(Proposed, table=True):
    """A legal power to disclose: who may disclose to whom under it, for what, from when until when.

    Of the confirmed rows of one key that have begun the latest holds; none is overwritten.
    """

    __table_args__ = (
        _set_of("sender_kinds", AgencyKind),
        _set_of("receiver_kinds", AgencyKind),
        _set_of("purposes", Purpose),
        CheckConstraint("valid_to >= valid_from", name="dates"),
        Index("gateway_begins", "key", "valid_from", unique=True, postgresql_where=CONFIRMED),
    )

    key: str = Field(max_length=40)
    name: str = Field(max_length=120)
    law: str = Field(max_length=200)
    sender_kinds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    receiver_kinds: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    purposes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    confirmed: bool = False
    """Whether somebody has confirmed that the law says so."""
    note: str | None = Field(default=None, max_length=400)
    valid_to: date | None = None


class Agreement(Row, table=True):
    """What agencies have agreed about sharing personal data; its content is in its versions."""

    __table_args__ = (
        CheckConstraint("length(btrim(title)) > 0", name="title"),
        Index("agreement_newest", "created_at", "id"),
    )

    reference: str = Field(max_length=12, unique=True)
    title: str = Field(max_length=160)
    lead_agency_id: UUID = Field(foreign_key="agency.id", index=True)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    last_event_at: datetime | None = Field(default=None, sa_type=Instant)
    is_sample: bool = False
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1
    acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)


class OfAgreement(Row):
    """A row that hangs on an agreement: seen with it."""

    agreement_id: UUID = Field(foreign_key="agreement.id", index=True)
    acl: list[int] = Field(default_factory=no_keys, sa_type=Keys, nullable=False)


class AgreementVersion(OfAgreement, table=True):
    """What an agreement says, from its first day to its last or to a later version's first."""

    __tablename__ = "agreement_version"
    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        UniqueConstraint("id", "agreement_id"),
        CheckConstraint("starts_on <= review_on AND review_on <= ends_on", name="dates"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("run_off_days BETWEEN 1 AND 366", name="run_off_days"),
        CheckConstraint("signed_at IS NULL OR sent_at IS NOT NULL", name="signed"),
        CheckConstraint("signed_at IS NULL OR dropped_at IS NULL", name="dropped"),
        CheckConstraint("cardinality(gateways) > 0", name="gateways"),
        _set_of("purposes", Purpose),
        _set_of("categories", DataCategory),
        _set_of("subjects", DataSubject),
        _set_of("permitted_roles", Role),
        # One version at a time is being written or signed.
        Index(
            "agreement_version_open",
            "agreement_id",
            unique=True,
            postgresql_where=text("signed_at IS NULL AND dropped_at IS NULL"),
        ),
    )

    number: int
    purposes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    gateways: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    categories: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    subjects: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    permitted_roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    controllers: Controllers = Field(sa_type=choice(Controllers, "controllers"))
    ceiling: Ceiling = Field(sa_type=choice(Ceiling, "ceiling"))
    onward_rule: OnwardRule = Field(sa_type=choice(OnwardRule, "onward_rule"))
    accession: Accession = Field(sa_type=choice(Accession, "accession"))
    lawful_basis: str = Field(max_length=1000)
    retention_rule: str = Field(max_length=1000)
    rights_lead_agency_id: UUID = Field(foreign_key="agency.id")
    dpia_reference: str = Field(max_length=80)
    run_off_days: int | None = None
    """For how many days after the end safe contact, actions and clocks stay in sight, if at all."""
    starts_on: date
    review_on: date
    ends_on: date
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_at: datetime | None = Field(default=None, sa_type=Instant)
    """When the last party that had to sign it signed."""
    dropped_at: datetime | None = Field(default=None, sa_type=Instant)
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1


class AgreementParty(OfAgreement, table=True):
    """An agency's part in an agreement; one that left and comes back has a new row.

    It stands while it has signed the version in force and is neither suspended nor gone.
    """

    __tablename__ = "agreement_party"
    __table_args__ = (
        UniqueConstraint("id", "agreement_id"),
        UniqueConstraint("id", "agency_id"),
        CheckConstraint("acts_for_id <> agency_id", name="acts_for"),
        CheckConstraint("NOT (accedes AND required)", name="accedes"),
        CheckConstraint("since_number > 0", name="since_number"),
        CheckConstraint(
            "suspended_by_agency_id IS NULL OR suspended_at IS NOT NULL", name="suspended"
        ),
        Index(
            "agreement_party_once",
            "agreement_id",
            "agency_id",
            unique=True,
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    agency_id: UUID = Field(foreign_key="agency.id", index=True)
    direction: SharingDirection = Field(sa_type=choice(SharingDirection, "direction"))
    acts_for_id: UUID | None = Field(default=None, foreign_key="agency.id")
    """The relevant authority for which a body acts that is none itself."""
    required: bool = True
    """Whether a version counts only once this party has signed it."""
    accedes: bool = False
    """Whether it joins an agreement that others have made."""
    since_number: int = 1
    """The version from which on it is a party: by signing an earlier one it does not come in."""
    named_at: datetime = Field(sa_type=Instant)
    joined_at: datetime | None = Field(default=None, sa_type=Instant)
    suspended_at: datetime | None = Field(default=None, sa_type=Instant)
    suspended_by_agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    left_at: datetime | None = Field(default=None, sa_type=Instant)
    updated_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
    version: int = 1


class _OfVersion(OfAgreement):
    """What a party says of one version."""

    agreement_version_id: UUID
    party_id: UUID
    agency_id: UUID = Field(foreign_key="agency.id")


def _ties(*more: UniqueConstraint) -> tuple[UniqueConstraint | ForeignKeyConstraint, ...]:
    return (
        ForeignKeyConstraint(
            ["agreement_version_id", "agreement_id"],
            ["agreement_version.id", "agreement_version.agreement_id"],
        ),
        ForeignKeyConstraint(
            ["party_id", "agreement_id"], ["agreement_party.id", "agreement_party.agreement_id"]
        ),
        ForeignKeyConstraint(
            ["party_id", "agency_id"], ["agreement_party.id", "agreement_party.agency_id"]
        ),
        *more,
    )


class AgreementAdvice(_OfVersion, table=True):
    """What a party's data protection lead said of a version; a signature needs one before it."""

    __tablename__ = "agreement_advice"
    __table_args__ = (
        *_ties(),
        CheckConstraint("length(btrim(text)) > 0", name="text"),
        Index("agreement_advice_newest", "agreement_version_id", "advised_at", "id"),
    )

    verdict: Verdict = Field(sa_type=choice(Verdict, "verdict"))
    text: str = Field(max_length=2000)
    advised_by_id: UUID = Field(foreign_key="membership.id")
    advised_at: datetime = Field(sa_type=Instant)


class AgreementSignature(_OfVersion, table=True):
    """An authorised signatory's signature under a version, for their agency."""

    __tablename__ = "agreement_signature"
    __table_args__ = _ties(UniqueConstraint("agreement_version_id", "party_id"))

    signed_by_id: UUID = Field(foreign_key="membership.id")
    title: SignatoryTitle = Field(sa_type=choice(SignatoryTitle, "title"))
    signed_at: datetime = Field(sa_type=Instant)


class AgreementEvent(OfAgreement, table=True):
    """What happened, by whom, when and why; where an agreement stands is its last events'."""

    __tablename__ = "agreement_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agreement_version_id", "agreement_id"],
            ["agreement_version.id", "agreement_version.agreement_id"],
        ),
        ForeignKeyConstraint(
            ["party_id", "agreement_id"], ["agreement_party.id", "agreement_party.agreement_id"]
        ),
        Index("agreement_event_newest", "agreement_id", "at", "id"),
    )

    move: AgreementMove = Field(sa_type=choice(AgreementMove, "move"))
    agreement_version_id: UUID | None = None
    party_id: UUID | None = None
    reason: str | None = Field(default=None, max_length=1000)
    by_id: UUID | None = None
    by_agency_id: UUID | None = Field(default=None, foreign_key="agency.id")
    at: datetime = Field(sa_type=Instant)
