"""What personal data is shared for, of what kind it is, and about whom."""

from enum import StrEnum


class Purpose(StrEnum):
    """What personal data is shared for."""

    VICTIM_SUPPORT = "victim_support"
    """To support a victim: advocacy, counselling, housing, a refuge."""
    SAFEGUARDING_ADULT = "safeguarding_adult"
    """To keep an adult at risk safe."""
    SAFEGUARDING_CHILD = "safeguarding_child"
    """To keep a child safe."""
    MARAC = "marac"
    """To plan for safety in a multi-agency risk assessment conference."""
    PERPETRATOR_MANAGEMENT = "perpetrator_management"
    """To manage the risk that somebody poses."""
    CRIMINAL_JUSTICE = "criminal_justice"
    """To investigate and prosecute, and to keep victims told."""
    DISCLOSURE_SCHEME = "disclosure_scheme"
    """To decide on a disclosure to somebody at risk (Clare's Law)."""
    STUDENT_SUPPORT = "student_support"
    """To support a student and run a university's case."""


class DataCategory(StrEnum):
    """What kind of data a field of a case holds; each field is of one."""

    IDENTITY_LINK = "identity_link"
    """Which people a case is about, and that cases are about the same people."""
    SAFE_CONTACT = "safe_contact"
    """How somebody can be reached without harm."""
    NEEDS = "needs"
    """What somebody needs, such as an interpreter."""
    WISHES = "wishes"
    """What somebody wants, and what they know of the sharing."""
    RISK = "risk"
    """Risk assessments: tool, score, grade, judgement."""
    FLAGS = "flags"
    """What makes a case particular, such as stalking or a pregnancy."""
    ORDERS = "orders"
    """Court orders, notices and bail."""
    CRIMINAL_JUSTICE = "criminal_justice"
    """How far a criminal case has come."""
    ACTIONS = "actions"
    """Who does what by when."""
    CLOCKS = "clocks"
    """What is due when, and what is late."""
    REASONS = "reasons"
    """Why somebody was referred, or a step was taken."""
    OUTCOME = "outcome"
    """What came of it."""


RUN_OFF = (DataCategory.SAFE_CONTACT, DataCategory.ACTIONS, DataCategory.CLOCKS)
"""What stays in sight after the end, where the agreement has a run-off clause."""


class DataSubject(StrEnum):
    """About whom personal data is."""

    VICTIM = "victim"
    """A victim, or somebody at risk of becoming one."""
    CHILD = "child"
    """A child."""
    ALLEGED_PERPETRATOR = "alleged_perpetrator"
    """Somebody said to cause harm."""
    SUSPECT = "suspect"
    """A suspect in a criminal case."""
    WITNESS = "witness"
    """A witness."""
