"""What a pathway is: states, moves, events, clocks and codes, as one file in `pathways/` says them.

Nothing here knows what happens in a case; `machine.py` does. All values are frozen and hashable by
name, so a pathway is read once and shared.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from auth.roles import Role
from portal.agreements.categories import DataCategory, Purpose
from portal.calendars.limits import Limit
from portal.referrals.codes import SubjectRole


class Part(StrEnum):
    """As what somebody takes part in a case; who may make which move is said in parts."""

    SENDER = "sender"
    """A member of the team that sends it."""
    RECEIVER = "receiver"
    """A member of the team that it is addressed to, or who represents an agency in that body."""
    COORDINATOR = "coordinator"
    """Whoever coordinates the body that it is addressed to, such as a MARAC coordinator."""
    NEW_RECEIVER = "new_receiver"
    """A member of the team that it is to be transferred to, who can only agree or refuse."""


class Turn(StrEnum):
    """With whom a case lies; what is late is late with them."""

    SENDER = "sender"
    """The agency that sends it."""
    RECEIVER = "receiver"
    """The agency that it is addressed to."""
    COORDINATOR = "coordinator"
    """Whoever coordinates the body that it is addressed to."""
    POLICE = "police"
    """The police, in a criminal matter."""
    CPS = "cps"
    """The Crown Prosecution Service, in a criminal matter."""
    COURT = "court"
    """A court, in a criminal matter."""
    NONE = "none"
    """Nobody: nothing is waited for."""


class Hold(StrEnum):
    """How far a recipient has taken a case on."""

    ASKED = "asked"
    """It has not been taken on."""
    TAKEN = "taken"
    """It has been taken on."""
    ENDED = "ended"
    """It has ended here; where it is not final, it can be taken up again."""


class OverallRule(StrEnum):
    """How the states with several recipients make one."""

    ONE_TAKES = "one_takes"
    """In hand as soon as one recipient that has not ended has taken it on, ended with the last."""
    ALL_TAKE = "all_take"
    """In hand when each recipient that has not ended has taken it on, ended with the last."""


class Kind(StrEnum):
    """What a field of a move or event can hold. There is none for words about a person."""

    CODE = "code"
    """One code of a list."""
    CODES = "codes"
    """Several codes of a list."""
    DAY = "day"
    """A date."""
    MOMENT = "moment"
    """A date and a time of day."""
    NUMBER = "number"
    """A whole number, not below nought."""
    YES_NO = "yes_no"
    """Yes or no."""
    URN = "urn"
    """The police's and prosecutors' number of a case: eleven characters."""
    RECORD = "record"
    """The id of a team, case or other record of the portal."""
    REFERENCE = "reference"
    """The portal's reference of a case. Whether there is one, nobody is asked."""


class Lies(StrEnum):
    """Where a day must lie, seen from that of its step, which always will do."""

    BEHIND = "behind"
    """It has been: what is said to have happened then has happened."""
    AHEAD = "ahead"
    """It is still to come: nothing is asked for by a day that has passed."""


class Rung(StrEnum):
    """Who is told when a clock has run out, one after the other."""

    TEAM_INBOX = "team_inbox"
    """The team that it lies with."""
    TEAM_LEAD = "team_lead"
    """That team's lead."""
    AGENCY_SPOC = "agency_spoc"
    """That agency's single point of contact."""
    CONTACT = "contact"
    """The contact that the pathway names."""


@dataclass(frozen=True, kw_only=True)
class FieldOf:
    """What a move or event may say: a code, a date, a number, never prose about a person."""

    name: str
    says: str
    kind: Kind
    category: DataCategory
    """The data category that an agreement must cover for it to be seen."""
    codes: str | None = None
    """The list that its codes are of."""
    required_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Required where one of these other fields has one of these codes."""
    lies: Lies | None = None
    """Where the day must lie; anywhere if it is not said."""
    dates: bool = False
    """Its step happened on this day, if it is recorded later."""
    accuses_partner: tuple[str, ...] = ()
    """Codes by which whoever is accused is, or may be, a partner's: with one nothing is stored."""


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a case can stand with one recipient."""

    name: str
    title: str
    says: str
    turn: Turn
    hold: Hold
    final: bool = False
    """Nothing leads out of it."""
    victim: str | None = None
    """How a victim would be told, where that makes sense."""
    to_be_told: bool = False
    """The victim is told before it is shown to whoever supports her."""
    counts: tuple[str, ...] = ()
    """As what a case counts that was ever in this state, such as a legal decision."""


@dataclass(frozen=True, kw_only=True)
class Saying:
    """What moves and events have in common: who says it, and what they have to say with it."""

    name: str
    title: str
    says: str
    by: frozenset[Part]
    needs: tuple[str, ...] = ()
    """Fields without which it is refused."""
    may: tuple[str, ...] = ()
    """Fields that it can have."""
    after: tuple[str, ...] = ()
    """Possible only when one of these moves or events has happened ..."""
    not_since: tuple[str, ...] = ()
    """... and none of these has happened since."""
    unless: tuple[str, ...] = ()
    """Not possible once one of these has happened."""
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Possible only where the latest value of a field is one of these codes."""
    when_late: str | None = None
    """Possible only once this clock has run out."""
    needs_when_late: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Fields that are required once a clock has run out."""
    tells_victim: bool = False
    """With it, the victim has been told where the case stands."""
    all_done: bool = False
    """Possible only once no action of the case is open any more."""
    remedy: str | None = None
    """What to do where it is not possible yet."""

    @property
    def fields(self) -> tuple[str, ...]:
        """All it can have."""
        return (*self.needs, *self.may)


@dataclass(frozen=True, kw_only=True)
class Move(Saying):
    """A step from one state to another."""

    source: frozenset[str]
    to: str
    consent: Part | None = None
    """Whose consent it waits for; until then the case stays where it is."""


@dataclass(frozen=True, kw_only=True)
class EventKind(Saying):
    """Something that happens and changes no state."""

    within: frozenset[str]
    """The states in which it can happen."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Within which time something has to happen. What starts and stops it are moves, events, or
    states by whose entering it happens. Every clock stops when a case reaches a final state.
    """

    name: str
    says: str
    limit: Limit
    starts: frozenset[str]
    stops: frozenset[str]
    provisional: frozenset[str] = frozenset()
    """What starts it provisionally: it starts anew with what really starts it."""
    pauses: frozenset[str] = frozenset()
    """States in which it stands still."""
    swaps: bool = False
    """It lies with whoever has the turn; if not, with whom it began."""
    holder: Turn | None = None
    """With whom it begins, if not with whoever has the turn then."""
    restarts: bool = False
    """What starts it again while it runs starts it anew."""
    until: str | None = None
    """A field with the day by whose end it is due, instead of the limit."""
    since: str | None = None
    """A field with the moment from which it counts, instead of that of what starts it."""
    by_field: str | None = None
    """A field whose code chooses another limit."""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    """Those other limits, by code."""
    escalates: tuple[Rung, ...] = ()
    """Who is told, the first when it runs out, each further one `every` later."""
    every: Limit
    contact: Role | None = None
    unconfirmed: bool = False
    """Its limit is common practice, and nobody has confirmed it yet."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """From which score on a risk tool's result is of a grade: by area and date."""

    tool: str
    grade: str
    score: int
    valid_from: date
    area: str | None = None
    """The ONS code of the area; None is where no area says otherwise."""
    unconfirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class RepeatRule:
    """What makes a case a repeat of an earlier one: by area and date."""

    within: Limit
    trigger: str
    anchor: str
    valid_from: date
    area: str | None = None
    unconfirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Routes:
    """By which routes a case is taken: by area and date."""

    open: tuple[str, ...]
    valid_from: date
    area: str | None = None
    incidents: int = 0
    """By the route of potential escalation: how many there were, at least."""
    field: str = "route"
    """Which field says by which it comes."""
    instead: str = ""
    """What to do where a way is closed."""
    unconfirmed: bool = False


@dataclass(frozen=True, kw_only=True)
class Automatic:
    """A referral that follows by itself: by area and date."""

    pathway: str
    when: str
    """The move with which it is made."""
    valid_from: date
    area: str | None = None
    on: bool = True
    unless_sender_offers: bool = True
    """Not where the sender is the service that would get it."""
    gives: Mapping[str, str] = field(default_factory=dict)
    """What it says with the move that sends it."""


@dataclass(frozen=True)
class Each:
    """Each subject of this role has states, events and clocks of their own."""

    role: SubjectRole
    count: str
    """The field that says how many there are. Whoever says it opens the track of each."""
    keeps: tuple[str, ...] = ()
    """Fields of which rows beside the track are made, such as hearings."""


@dataclass(frozen=True, kw_only=True)
class Pathway:
    """One version of a pathway. A case keeps the version it began with."""

    name: str
    title: str
    version: int
    says: str
    purpose: Purpose
    terms: tuple[str, ...]
    """What the parties agree to, in plain English."""
    closes: str
    """What ends it, in plain English."""
    begins: str
    """The state in which nobody but the sender knows of it; moves out of it send it."""
    overall: OverallRule
    shares: tuple[DataCategory, ...]
    """The data categories of what is sent with it."""
    about: tuple[SubjectRole, ...]
    """Of each of these somebody is named, as a number, before it is sent."""
    parts: Mapping[Turn, Part]
    """Which part has the turn of the police and of the prosecutors, where they take part."""
    outside: tuple[Turn, ...]
    """Who can have the turn and takes no part, such as the police in a university's case."""
    states: Mapping[str, State]
    moves: Mapping[str, Move]
    events: Mapping[str, EventKind]
    clocks: Mapping[str, Clock]
    fields: Mapping[str, FieldOf]
    codes: Mapping[str, Mapping[str, str]]
    """Each list of codes, with what each code means."""
    thresholds: tuple[Threshold, ...] = ()
    repeats: tuple[RepeatRule, ...] = ()
    routes: tuple[Routes, ...] = ()
    automatic: tuple[Automatic, ...] = ()
    each: Each | None = None
    """Of whom each is followed apart; None where a case is one."""

    @property
    def categories(self) -> frozenset[DataCategory]:
        """Every data category that a case of it can hold."""
        return frozenset(self.shares) | {one.category for one in self.fields.values()}

    @property
    def first(self) -> State:
        """Where it begins."""
        return self.states[self.begins]

    @property
    def steers(self) -> frozenset[str]:
        """The fields on which moves, clocks or rows beside them depend: all that a replay needs."""
        guards = [
            name for one in (*self.moves.values(), *self.events.values()) for name in one.where
        ]
        timed = [name for c in self.clocks.values() for name in (c.until, c.since, c.by_field)]
        kept = self.each.keeps if self.each else ()
        return frozenset(name for name in (*guards, *timed, *kept) if name)

    def sends(self, move: str) -> bool:
        """Whether this move is the one by which recipients get the case."""
        return self.begins in self.moves[move].source

    def opens_tracks(self, move: str) -> bool:
        """Whether each subject is followed apart from this move on."""
        return self.each is not None and self.each.count in self.moves[move].needs

    @property
    def opening(self) -> str:
        """The move by which one who is followed apart begins."""
        return next(name for name in self.moves if self.sends(name) and self.opens_tracks(name))

    def saying(self, name: str) -> Saying | None:
        """The move or event of that name."""
        return self.moves.get(name) or self.events.get(name)
