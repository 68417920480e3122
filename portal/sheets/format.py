"""The format, declared once: template, help, import and export are made from it."""

from portal.actions.tables import ActionState
from portal.initiatives.tables import Part, PartnerState, Rating, Stage, Timing, Visibility
from portal.sheets.columns import Column, Kind, Sheet

KEY_LIMIT = 80
HELP, ABOUT = "Help", "About"
UNREAD = (HELP, ABOUT)
"""Sheets that are for people; the import passes them over."""

OF = Column(
    "Initiative",
    "Which one: its reference, if the portal has it. For a new one any short name of your own,"
    " the same on every sheet and in every later file: by it the import knows the initiative"
    " again and makes no second one.",
    example="transport-1",
    required=True,
    limit=KEY_LIMIT,
    path="id",
)
RECORD = Column(
    "Record",
    "Filled in by the export: which record this row was, and how often it had changed by then."
    " Leave it as it is, and empty in new rows. A row whose record somebody has changed since is"
    " refused; without it your row wins.",
    limit=60,
    path="expectedVersion",
)
MEASURE = Column(
    "Measure",
    "What is counted: the key of a definition that the portal has. `@1` behind it means its first"
    " edition; without it the newest is meant.",
    example="felt-safe",
    required=True,
    limit=80,
    path="definition",
)

INITIATIVES = Sheet(
    "Initiatives",
    "One row for each initiative that your agency leads.",
    (
        OF,
        Column("Title", "What it is called.", example="Safer bus stations", required=True,
               limit=120, path="title"),
        Column("Summary", "What is done, for whom, and why.", example="CCTV and help points.",
               limit=4000, lines=True, path="summary"),
        Column("Lead", "The agency that leads it; empty means your own.", example="Wirral Council",
               limit=120, path="lead"),
        Column("Lead team", "The lead's team that looks after it.", example="Community safety",
               limit=80, path="leadTeam"),
        Column("Audience", "Whom it is for.", example="Women who travel at night", limit=200,
               path="audience"),
        Column("Areas", "The areas it covers, by name or ONS code.", Kind.LIST,
               "Liverpool; Knowsley", path="areas"),
        Column("Place", "Where it happens, if more precise.", example="bus stations", limit=200,
               path="place"),
        Column("Themes", "What it is about: themes that the portal has.", Kind.LIST,
               "Transport; Night-time economy", path="themes"),
        Column("Framework entries", "What it serves: a framework's version, a colon, the code.",
               Kind.LIST, "The 4 Ps, 2024: PREVENT", path="entries"),
        Column("Stage", "How far it has come; empty means proposed.", Kind.CHOICE, "live",
               choices=Stage, path="to"),
        Column("Visibility", "Who may see it; empty means draft: your agency alone.", Kind.CHOICE,
               "partners", choices=Visibility, path="visibility"),
        Column("Timing", "What is known of its dates. Empty means: unknown if a timing source is"
               " given, open ended if a review date is, else dated.", Kind.CHOICE, "dated",
               choices=Timing, path="timing"),
        Column("Starts on", "Its first day; needed from approved on when dated.", Kind.DAY,
               "2026-09-01", path="startsOn"),
        Column("Ends on", "Its last day; needed from approved on when dated.", Kind.DAY,
               "2027-03-31", path="endsOn"),
        Column("Review on", "When it is next reviewed; needed when open ended.", Kind.DAY,
               path="reviewOn"),
        Column("Timing source", "Where it is known from; needed when its dates are unknown.",
               limit=200, path="timingSource"),
        Column("Rating", "How it stands.", Kind.CHOICE, "green", choices=Rating, path="rating"),
        Column("Rating reason", "Why; needed for red.", limit=1000, lines=True, path="reason"),
        Column("Equality impact", "How it affects people with protected characteristics.",
               limit=4000, lines=True, path="equalityImpact"),
        Column("Equality reviewed on", "When that was last looked at.", Kind.DAY,
               path="equalityReviewedOn"),
        Column("Source", "Where what is said here is known from.", limit=200, path="source"),
        RECORD,
    ),
)  # fmt: skip
PARTNERS = Sheet(
    "Partners",
    "One row for each agency that is asked to take part. It shows as committed once it has"
    " accepted in the portal.",
    (
        OF,
        Column("Agency", "One agency that the portal knows, by its full or short name.",
               example="Merseytravel", required=True, limit=120, path="agency"),
        Column("Parts", "What it brings.", Kind.LIST, "host; support", required=True, choices=Part,
               path="parts"),
        Column("Note", "What to say with the invitation.", limit=500, lines=True, path="note"),
        Column("State", "Filled in by the export. Leave it empty in new rows: only the agency"
               " itself can accept.", Kind.CHOICE, choices=PartnerState, path="state"),
        RECORD,
    ),
)  # fmt: skip
FUNDING = Sheet(
    "Funding",
    "One row for each sum from one source for one financial year. A row is known again by"
    " initiative, source, grant reference, year and match funding.",
    (
        OF,
        Column("Source", "Who gives the money.", example="Home Office Safer Streets Fund",
               required=True, limit=120, path="source"),
        Column("Grant reference", "The funder's reference of the grant.", example="SSF5-117",
               limit=60, path="grantReference"),
        Column("Financial year", "Without it the note must say why.", Kind.YEAR, "2026/27",
               path="financialYear"),
        Column("Amount", "How much for this year.", Kind.MONEY, "270000", required=True,
               path="amount"),
        Column("Spent", "What of it is spent so far.", Kind.MONEY, "45000", path="spent"),
        Column("Match funding", "Whether it is a partner's own share.", Kind.YES, "no",
               path="isMatch"),
        Column("Note", "What a reader should know.", limit=1000, path="note"),
        RECORD,
    ),
)  # fmt: skip
ACTIONS = Sheet(
    "Actions",
    "One row for each action. A row is known again by initiative and title.",
    (
        OF,
        Column("Title", "What is to be done.", example="Fit the lamps", required=True, limit=200,
               path="title"),
        Column("Detail", "More about it.", limit=4000, lines=True, path="detail"),
        Column("Agency", "Whose team does it: the lead or a committed partner; empty means your"
               " own.", example="Wirral Council", limit=120, path="agency"),
        Column("Team", "The team that does it.", example="Community safety", required=True,
               limit=80, path="ownerTeam"),
        Column("Due on", "The day by which it is to be done.", Kind.DAY, "2026-12-18",
               required=True, path="dueOn"),
        Column("State", "How far it has come; empty means open.", Kind.CHOICE, "open",
               choices=ActionState, path="state"),
        Column("Done on", "The day it was done; empty means today.", Kind.DAY, path="doneOn"),
        Column("Note", "What came of it if it is done; why not if it is not done.", limit=2000,
               lines=True, path="note"),
        Column("Evidence link", "A web address.", example="https://example.org/lamps", limit=1000,
               path="evidenceUrl"),
        RECORD,
    ),
)  # fmt: skip
MEASURES = Sheet(
    "Measures",
    "One row for each thing that an initiative is measured by.",
    (
        OF,
        MEASURE,
        Column("Baseline", "Where it started.", Kind.NUMBER, "38", path="baseline.value"),
        Column("Baseline on", "The day of the baseline.", Kind.DAY, "2025-12-31",
               path="baseline.on"),
        Column("Target", "Where it should get to.", Kind.NUMBER, "60", path="target.value"),
        Column("Target on", "By when.", Kind.DAY, "2026-12-31", path="target.on"),
        RECORD,
    ),
)  # fmt: skip
OBSERVATIONS = Sheet(
    "Observations",
    "One row for each figure that your agency has recorded for a period. Another figure for the"
    " same period, area or group corrects the one that stands; both can be read.",
    (
        OF,
        MEASURE,
        Column("Period from", "The first day it covers.", Kind.DAY, "2026-07-01", required=True,
               path="figure.periodFrom"),
        Column("Period to", "The last day it covers.", Kind.DAY, "2026-09-30", required=True,
               path="figure.periodTo"),
        Column("Value", "The value; empty if both parts of a share are given.", Kind.NUMBER, "52",
               path="figure.value"),
        Column("Numerator", "What the definition's numerator counts.", Kind.NUMBER,
               path="figure.numerator"),
        Column("Denominator", "Out of how many.", Kind.NUMBER, path="figure.denominator"),
        Column("Area", "For one area only: its name or ONS code.", limit=80, path="figure.area"),
        Column("Group", "For one group only, such as `aged 16 to 24`.", limit=80,
               path="figure.group"),
        Column("Provisional", "Whether it may still change.", Kind.YES, "no",
               path="figure.provisional"),
        Column("Note", "What a reader should know; why, when it is a correction.", limit=1000,
               path="figure.note"),
        Column("Source", "Where it comes from, when not from your agency.", limit=200,
               path="figure.source"),
        Column("Recorded by", "Filled in by the export; empty means your own agency.", limit=120,
               path="recordedBy"),
        RECORD,
    ),
)  # fmt: skip
SHEETS = (INITIATIVES, PARTNERS, FUNDING, ACTIONS, MEASURES, OBSERVATIONS)

RULES = (
    "The column names are in row 1. Columns may be in any order. A column that is not there"
    " leaves what the portal has; an empty cell clears it.",
    "Rows that are not in the file stay as they are: an import deletes nothing. Importing the"
    " same file again changes nothing.",
    "`portal import` first shows what it would do, and every fault. With --apply it does all of"
    " it, or nothing.",
    "You can import what you could enter yourself: initiatives that your agency leads, and your"
    " own agency's actions and figures in initiatives that it takes part in.",
    "Milestones, risks, evidence, comments and what was heard from survivors are not in the"
    " workbook: enter them in the portal. A CSV file holds the sheet Initiatives alone.",
    "A CSV file is UTF-8 (in Excel: CSV UTF-8). In it an apostrophe stands before a text that"
    " begins with = + - @ or an apostrophe, and the import takes it off again.",
)
"""What the help says besides the columns."""
