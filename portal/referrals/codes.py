"""What is said of a case, as codes: a code says nothing that identifies anybody."""

from enum import StrEnum


class SubjectRole(StrEnum):
    """What somebody is in a case."""

    VICTIM = "victim"
    """The person the referral is made for."""
    CHILD = "child"
    """A child of the victim, or in the home."""
    ALLEGED_PERPETRATOR = "alleged_perpetrator"
    """Who is said to have done harm."""
    SUSPECT = "suspect"
    """Who is suspected of a crime by the police."""


ACCUSED = frozenset({SubjectRole.ALLEGED_PERPETRATOR, SubjectRole.SUSPECT})
"""Whom it may be dangerous to be found by: where they work is asked before anything is stored."""


class Channel(StrEnum):
    """A way to reach somebody."""

    CALL = "call"
    """A telephone call."""
    TEXT = "text"
    """A text message."""
    EMAIL = "email"
    """An e-mail."""
    POST = "post"
    """A letter."""
    VISIT = "visit"
    """A visit."""
    VOICEMAIL = "voicemail"
    """A message left on an answering machine."""
    IN_PERSON = "in_person"
    """Where they come anyway, such as a school or a surgery."""


class Weekday(StrEnum):
    """A day of the week."""

    MONDAY = "monday"
    """Monday."""
    TUESDAY = "tuesday"
    """Tuesday."""
    WEDNESDAY = "wednesday"
    """Wednesday."""
    THURSDAY = "thursday"
    """Thursday."""
    FRIDAY = "friday"
    """Friday."""
    SATURDAY = "saturday"
    """Saturday."""
    SUNDAY = "sunday"
    """Sunday."""


class NeedCode(StrEnum):
    """What somebody needs to take part."""

    INTERPRETER = "interpreter"
    """An interpreter, never from family or community."""
    SIGN_LANGUAGE = "sign_language"
    """A sign language interpreter."""
    STEP_FREE = "step_free"
    """A place without steps."""
    EASY_READ = "easy_read"
    """Easy-to-read papers."""
    FEMALE_WORKER = "female_worker"
    """To be seen by a woman."""
    CHILDCARE = "childcare"
    """Somebody to look after children meanwhile."""
    MENTAL_HEALTH = "mental_health"
    """Regard to their mental health."""
    LEARNING_DISABILITY = "learning_disability"
    """Regard to a learning disability."""
    SUBSTANCE_USE = "substance_use"
    """Regard to drug or alcohol use."""
    LGBT_SERVICE = "lgbt_service"
    """A service for lesbian, gay, bisexual or trans people."""


class Awareness(StrEnum):
    """What the victim knows of the referral."""

    AWARE_AND_WILLING = "aware_and_willing"
    """Knows of it, and wants it."""
    AWARE_AND_UNWILLING = "aware_and_unwilling"
    """Knows of it, and does not want it; a reason says why it is made all the same."""
    UNAWARE = "unaware"
    """Does not know of it; a reason says why not."""


class WithoutReason(StrEnum):
    """Why a referral is made without the victim's wish."""

    HIGH_RISK = "high_risk"
    """Somebody is at high risk of serious harm."""
    CHILD_AT_RISK = "child_at_risk"
    """A child is at risk."""
    NOT_SAFE_TO_ASK = "not_safe_to_ask"
    """Asking would put them in danger."""
    LACKS_CAPACITY = "lacks_capacity"
    """They cannot decide this now."""
    CRIME_PREVENTION = "crime_prevention"
    """To prevent or detect a crime."""
    LEGAL_DUTY = "legal_duty"
    """The law demands it."""


class LawfulBasis(StrEnum):
    """The basis in law on which the sender shares; what the victim wishes is another question."""

    PUBLIC_TASK = "public_task"
    """UK GDPR, article 6(1)(e)."""
    LEGAL_OBLIGATION = "legal_obligation"
    """UK GDPR, article 6(1)(c)."""
    VITAL_INTERESTS = "vital_interests"
    """UK GDPR, article 6(1)(d)."""
    LEGITIMATE_INTERESTS = "legitimate_interests"
    """UK GDPR, article 6(1)(f), or a recognised legitimate interest."""
    LAW_ENFORCEMENT = "law_enforcement"
    """Data Protection Act 2018, part 3."""


class RiskTool(StrEnum):
    """A tool that grades risk."""

    MERIT = "merit"
    """Merseyside Risk Identification Tool."""
    DASH = "dash"
    """SafeLives Dash risk checklist."""
    DARA = "dara"
    """Domestic Abuse Risk Assessment."""
    S_DASH = "s_dash"
    """Stalking Dash."""
    HBA_SCREENING = "hba_screening"
    """Screening for so-called honour-based abuse."""


class JudgementReason(StrEnum):
    """Why professional judgement graded a risk higher than the score."""

    ESCALATION = "escalation"
    """It happens more often, or gets worse."""
    FEAR = "fear"
    """How much the victim fears."""
    COERCION = "coercion"
    """Control that a score does not catch."""
    HISTORY = "history"
    """What the agency knows of earlier times."""
    SEPARATION = "separation"
    """They have parted, or are about to."""
    ISOLATION = "isolation"
    """The victim is cut off from others."""


class FlagCode(StrEnum):
    """What makes a case particular."""

    HONOUR_BASED = "honour_based"
    """So-called honour-based abuse."""
    FORCED_MARRIAGE = "forced_marriage"
    """Forced marriage."""
    FGM = "fgm"
    """Female genital mutilation."""
    STALKING = "stalking"
    """Stalking."""
    STRANGULATION = "strangulation"
    """Strangulation or suffocation."""
    WEAPONS = "weapons"
    """Weapons were used, or are at hand."""
    PREGNANCY = "pregnancy"
    """The victim is pregnant, or has just given birth."""
    CHILDREN = "children"
    """Children live with it."""
    NO_RECOURSE = "no_recourse"
    """No recourse to public funds."""
    STAFF_SAFETY = "staff_safety"
    """Staff may be in danger: see them in twos."""


class OrderKind(StrEnum):
    """An order, a notice or bail."""

    BAIL = "bail"
    """Bail with conditions."""
    DAPN = "dapn"
    """Domestic abuse protection notice."""
    DAPO = "dapo"
    """Domestic abuse protection order."""
    NON_MOLESTATION = "non_molestation"
    """Non-molestation order."""
    OCCUPATION = "occupation"
    """Occupation order."""
    RESTRAINING = "restraining"
    """Restraining order."""
    STALKING_PROTECTION = "stalking_protection"
    """Stalking protection order."""
    FORCED_MARRIAGE_PROTECTION = "forced_marriage_protection"
    """Forced marriage protection order."""
    FGM_PROTECTION = "fgm_protection"
    """Female genital mutilation protection order."""


class ReasonCode(StrEnum):
    """Why somebody is referred."""

    DOMESTIC_ABUSE = "domestic_abuse"
    """Domestic abuse."""
    SEXUAL_VIOLENCE = "sexual_violence"
    """Rape or another sexual offence."""
    STALKING_HARASSMENT = "stalking_harassment"
    """Stalking or harassment."""
    HONOUR_BASED_ABUSE = "honour_based_abuse"
    """So-called honour-based abuse, forced marriage or FGM."""
    COERCIVE_CONTROL = "coercive_control"
    """Controlling or coercive behaviour."""
    CHILD_TO_PARENT = "child_to_parent"
    """Abuse of a parent by a child."""
    ONLINE_ABUSE = "online_abuse"
    """Abuse on line, or with images."""
    HOUSING = "housing"
    """They need somewhere to live that is safe."""
    COURT_SUPPORT = "court_support"
    """They need support through a case at court."""


class CaseActionState(StrEnum):
    """How far an action has come."""

    OPEN = "open"
    """To be done."""
    DONE = "done"
    """Done."""
    NOT_DONE = "not_done"
    """It will not be done."""


class CaseActionCode(StrEnum):
    """What is to be done."""

    SAFETY_PLAN = "safety_plan"
    """Make a safety plan with the victim."""
    CONTACT_VICTIM = "contact_victim"
    """Make contact, as the safe contact says."""
    HOME_SECURITY = "home_security"
    """Make the home safer."""
    HOUSING_MOVE = "housing_move"
    """Find somewhere else to live."""
    CHILD_CHECK = "child_check"
    """Look into the safety of children."""
    ORDER_SOUGHT = "order_sought"
    """Seek a protective order."""
    PERPETRATOR_WORK = "perpetrator_work"
    """Work with whoever does harm."""
    FLAG_SYSTEMS = "flag_systems"
    """Mark the case in the agency's own systems."""
    SHARE_BACK = "share_back"
    """Tell the referrer what came of it."""


class NotDoneReason(StrEnum):
    """Why an action will not be done."""

    NOT_NEEDED = "not_needed"
    """It is not needed any more."""
    NOT_WANTED = "not_wanted"
    """The victim does not want it."""
    NOT_SAFE = "not_safe"
    """It cannot be done safely."""
    NOT_POSSIBLE = "not_possible"
    """It turned out not to be possible."""
    DONE_BY_OTHERS = "done_by_others"
    """Somebody else does it."""


class OpeningPurpose(StrEnum):
    """For what somebody opens the full view of a case; the agency that owns it sees this."""

    WORK_ON_CASE = "work_on_case"
    """To work on the case."""
    ALLOCATE = "allocate"
    """To say who works on it, or to cover for somebody."""
    PREPARE_MEETING = "prepare_meeting"
    """To prepare or hold a meeting about it."""
    SUPERVISE = "supervise"
    """To supervise somebody's work."""
    SAFETY = "safety"
    """To keep somebody safe now."""
    RIGHTS_REQUEST = "rights_request"
    """To answer somebody who asks for what is held about them."""
    REVIEW = "review"
    """To review how a case was handled."""
