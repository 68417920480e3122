"""What is said of hearings, action plans and support, as codes; none identifies anybody."""

from enum import StrEnum


class HearingKind(StrEnum):
    """What kind of hearing it is."""

    FIRST = "first"
    """First hearing."""
    PLEA = "plea"
    """Plea and trial preparation."""
    CASE_MANAGEMENT = "case_management"
    """Case management."""
    GROUND_RULES = "ground_rules"
    """Ground rules."""
    PRE_RECORDED = "pre_recorded"
    """Pre-recorded cross-examination."""
    TRIAL = "trial"
    """Trial."""
    SENTENCE = "sentence"
    """Sentence."""
    BAIL = "bail"
    """Bail."""
    MENTION = "mention"
    """Mention."""


class HearingState(StrEnum):
    """What became of a hearing."""

    LISTED = "listed"
    """It has this day; once that is past, it was held as far as anybody has said."""
    RELISTED = "relisted"
    """It was put off to another day."""
    VACATED = "vacated"
    """The matter ended before it."""


class PlanItemCode(StrEnum):
    """What an action plan asks for; the kind only, never the evidence."""

    STATEMENT = "statement"
    """A statement."""
    MEDICAL = "medical"
    """Medical evidence."""
    PHONE = "phone"
    """What a phone or other device holds."""
    VIDEO = "video"
    """CCTV or body-worn video."""
    FORENSIC = "forensic"
    """A forensic result."""
    THIRD_PARTY = "third_party"
    """Material that a third party holds."""
    BAD_CHARACTER = "bad_character"
    """Bad character evidence."""
    DISCLOSURE = "disclosure"
    """Disclosure documents."""
    VICTIM_VIEW = "victim_view"
    """The victim's view, and a personal statement."""
    INTERVIEW = "interview"
    """An interview."""


class PlanItemState(StrEnum):
    """How far an item of an action plan has come."""

    OPEN = "open"
    """It is still to be given."""
    DONE = "done"
    """It was given."""
    NOT_GIVEN = "not_given"
    """The plan was answered or ended without it."""


class Supporter(StrEnum):
    """Whether an ISVA, an IDVA or another supports a victim."""

    YES = "yes"
    """Somebody supports her."""
    DECLINED = "declined"
    """She was asked, and wants nobody."""
    NOT_KNOWN = "not_known"
    """Nobody has asked her, or it is not known."""
