"""What was referred to a body that is not on the portal: that it was, on which day and how."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from portal.referrals.tables import OfReferral
from portal.store.base import Instant, choice


class OutsideBody(StrEnum):
    """What kind of body it is; never which one, nor where."""

    GP = "gp"
    """A GP practice."""
    HOSPITAL = "hospital"
    """A hospital or another health service."""
    SOLICITOR = "solicitor"
    """A solicitor or a law centre."""
    REFUGE = "refuge"
    """A refuge or other safe accommodation."""
    HELPLINE = "helpline"
    """A helpline."""
    SPECIALIST_SERVICE = "specialist_service"
    """A specialist support service that is no partner."""
    OTHER_COUNCIL = "other_council"
    """A council of another area."""
    OTHER_FORCE = "other_force"
    """Another police force."""
    HOUSING = "housing"
    """A landlord or a housing association."""
    IMMIGRATION_ADVICE = "immigration_advice"
    """An immigration adviser."""
    COMPLAINTS_BODY = "complaints_body"
    """A body that looks into police or public services, such as the IOPC."""
    OTHER = "other"
    """A body of another kind."""


class OutsideRoute(StrEnum):
    """How it was referred."""

    PHONE = "phone"
    """By phone."""
    SECURE_EMAIL = "secure_email"
    """By secure e-mail."""
    OWN_FORM = "own_form"
    """By that body's own form."""
    LETTER = "letter"
    """By letter."""
    IN_PERSON = "in_person"
    """In person."""
    SHE_ASKS_HERSELF = "she_asks_herself"
    """The victim was told of it, and asks there herself."""


class OutsideReferral(OfReferral, table=True):
    """A case was also, or only, referred to a body that is not on the portal."""

    __tablename__ = "outside_referral"
    __table_args__ = (
        Index("outside_referral_newest", "referred_on", "id"),
        Index("outside_referral_of_case", "referral_id", "referred_on", "id"),
    )

    agency_id: UUID = Field(foreign_key="agency.id")
    """Who referred it there."""
    body: OutsideBody = Field(sa_type=choice(OutsideBody, "body"))
    route: OutsideRoute = Field(sa_type=choice(OutsideRoute, "route"))
    referred_on: date
    by_id: UUID
    created_at: datetime = Field(default=None, sa_type=Instant, nullable=False)
