"""Notices: what the portal tells one person, shown to nobody else."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field

from portal.store.base import Instant, Row, choice


class NoticeKind(StrEnum):
    """What a notice is about."""

    NEW_SIGN_IN = "new_sign_in"
    """Somebody signed in as this person."""
    SIGN_IN_CHANGED = "sign_in_changed"
    """How this person signs in has changed."""
    ROLE_CHANGED = "role_changed"
    """This person was given a role, or has lost one."""
    ROLE_ASKED = "role_asked"
    """Somebody asks for a role that needs a second person."""
    MEMBERSHIP_ENDED = "membership_ended"
    """A membership has ended."""
    LAPSE_NEAR = "lapse_near"
    """Training, vetting or the confidentiality declaration lapses soon."""
    STANDING_RECORDED = "standing_recorded"
    """Training, vetting or the confidentiality declaration was recorded."""
    TEAM_CHANGED = "team_changed"
    """This person was put in a team, taken out, or named its lead."""
    INVITED = "invited"
    """Somebody was invited to the agency."""
    JOINED = "joined"
    """Somebody has joined the agency."""
    ACTION_ASSIGNED = "action_assigned"
    """An action was given to this person, or to their team; in a case, too."""
    ACTION_DUE = "action_due"
    """An action of theirs, or one that waits for their team, is due within a week."""
    ACTION_LATE = "action_late"
    """An action of theirs, or one that waits for their team, is late."""
    PARTNER_QUIET = "partner_quiet"
    """A partner has changed nothing on an initiative for 60 days."""
    EMERGENCY_DISCLOSURE = "emergency_disclosure"
    """A case was disclosed in an emergency, by this person's agency or to it."""
    DISCLOSURE_ASKED = "disclosure_asked"
    """Another agency asks this person's agency to disclose a case in an emergency."""
    DISCLOSURE_ESCALATED = "disclosure_escalated"
    """A disclosure in an emergency was not justified, or nobody has reviewed it in time."""
    PROGRAM_CHANGED = "program_changed"
    """A program that this person answers for has changed."""
    REFERRAL_ARRIVED = "referral_arrived"
    """A referral has come to a team of this person."""
    REFERRAL_ANSWERED = "referral_answered"
    """A referral of this person's team was taken on, or declined, or has ended."""
    REFERRAL_YOURS = "referral_yours"
    """A referral has come back to a team of this person, which is asked to go on with it."""
    REFERRAL_WITHDRAWN = "referral_withdrawn"
    """A referral to a team of this person was taken back."""
    REFERRAL_DUE = "referral_due"
    """Something about a referral that lies with this person's team is due within a day."""
    REFERRAL_LATE = "referral_late"
    """Something about a referral is late."""
    AGREEMENT_ASKED = "agreement_asked"
    """An agreement waits for what this person's agency says: advice, a signature, or consent."""
    AGREEMENT_MOVED = "agreement_moved"
    """An agreement of this person's agency is in force, was interrupted or ended, or a party of it
    has joined, was suspended, takes part again or has left."""
    AGREEMENT_DUE = "agreement_due"
    """An agreement of this person's agency is to be reviewed."""
    AGREEMENT_ENDS = "agreement_ends"
    """An agreement of this person's agency ends soon."""
    SUPPORT_CHANGED = "support_changed"
    """What a client lets this person's team see of her matter has changed, or is shown no more."""
    CASES_LATE = "cases_late"
    """So many referrals of the partnership are late; five or more."""


class Notice(Row, table=True):
    """One thing a person is told. It names no client of a service and no case: what it is about is
    read under the keys that the person has when they read it.
    """

    person_id: UUID = Field(foreign_key="person.id", index=True)
    at: datetime = Field(sa_type=Instant, index=True)
    kind: NoticeKind = Field(sa_type=choice(NoticeKind, "kind"))
    says: str = Field(max_length=400)
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    referral_id: UUID | None = None
    """The case that it is about."""
    agreement_id: UUID | None = None
    """The agreement that it is about."""
