"""What the sample partnership does: public initiatives as their owners describe them, and invented
ones that are marked as sample.

Dates, stages and figures that are not public stay unknown: a public initiative has no action, no
measure and no amount that its source does not name.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from sqlmodel import SQLModel

from portal.frameworks.reference import theme_id
from portal.frameworks.tables import InitiativeTheme
from portal.funding.tables import FundingLine
from portal.initiatives.tables import (
    Initiative,
    InitiativeArea,
    Part,
    Partner,
    PartnerState,
    Stage,
    Timing,
    Visibility,
)
from portal.sample.partnership import ALL, agency_id, fixed

IMPORTED = datetime.combine(date(2026, 9, 1), time(9), UTC)
"""When the sample's public history was brought in."""
LOGGED = IMPORTED + timedelta(days=20)
"""When the invented initiatives were logged."""
LIVERPOOL, ST_HELENS, KNOWSLEY = "E08000012", "E08000013", "E08000011"
PLAN_STARTED = date(2022, 11, 24)
WEB = "merseysidepcc.info, VAWG strategy page"


@dataclass(frozen=True)
class Public:
    """An initiative as public pages describe it."""

    key: str
    title: str
    lead: str
    summary: str
    source: str
    partners: tuple[tuple[str, Part], ...] = ()
    themes: tuple[str, ...] = ()
    areas: tuple[str, ...] = ALL
    place: str | None = None
    starts_on: date | None = None
    grant: tuple[str, int] | None = None


HOME_OFFICE = "Home Office Safer Streets Fund"
PUBLIC: tuple[Public, ...] = (
    Public(
        "safer-streets-transport",
        "Safer Streets Liverpool: public transport",
        "pcc",
        "CCTV at three bus stations, help points, safe spaces, bystander training for drivers, text"
        " reporting and patrols. In a survey of 1,500 women, 54 % felt unsafe on public transport"
        " at night and 42 % by day.",
        "liverpoolcityregion-ca.gov.uk, Safer Streets",
        (("liverpool", Part.DELIVER), ("merseytravel", Part.HOST), ("police", Part.DELIVER)),
        ("transport", "night_time_economy"),
        (LIVERPOOL,),
        "bus stations",
        date(2022, 3, 7),
        (HOME_OFFICE, 270_000),
    ),
    Public(
        "safer-streets-merseyside",
        "Safer Streets Merseyside",
        "pcc",
        "Volunteer guardians in the night-time economy, CCTV on student bus routes, work in 130 or"
        " more primary schools, and an adult online course open to up to 53,000 employees.",
        "liverpoolliveradio.com; liverpoolexpress.co.uk",
        (
            ("ljmu", Part.DELIVER),
            ("police", Part.DELIVER),
            ("vrp", Part.SUPPORT),
            ("rasa", Part.SUPPORT),
        ),
        ("night_time_economy", "education", "workplace"),
        grant=(HOME_OFFICE, 576_000),
    ),
    Public(
        "safer-streets-boroughs",
        "Safer Streets: Liverpool St Helens Knowsley",
        "pcc",
        "33 CCTV cameras are among the outputs reported.",
        WEB,
        (("liverpool", Part.DELIVER), ("sthelens", Part.DELIVER), ("knowsley", Part.DELIVER)),
        ("public_space",),
        (LIVERPOOL, ST_HELENS, KNOWSLEY),
        grant=(HOME_OFFICE, 440_000),
    ),
    Public(
        "delivery-plan",
        "Merseyside VAWG Delivery Plan",
        "pcc",
        "57 actions, signed by all leaders, with action groups and milestones; overseen by the"
        " Merseyside Strategic Policing and Partnerships Board; a progress report each November.",
        "merseysidepcc.info, summit November 2022",
        starts_on=PLAN_STARTED,
    ),
    Public(
        "training",
        "Trauma-informed and domestic abuse training",
        "pcc",
        "5,101 partners trauma-trained, 1,800 officers trained on domestic abuse, 150 champions.",
        WEB,
        (("police", Part.DELIVER),),
        ("domestic_abuse", "workforce"),
    ),
    Public(
        "selfie",
        "Send Me a Selfie",
        "ariel",
        "3,782 pupils took part.",
        WEB,
        (("pcc", Part.FUND),),
        ("education", "online"),
        place="schools",
    ),
    Public(
        "hba-training",
        "Training on so-called honour-based abuse",
        "savera",
        "More than 200 people trained.",
        WEB,
        (("pcc", Part.FUND),),
        ("honour_based_abuse", "workforce"),
    ),
    Public(
        "campus",
        "Safe and welcoming campus",
        "uol",
        "Report and Support service, consent module, bystander training by the students' guild.",
        "liverpool.ac.uk, staff hub",
        (("guild", Part.DELIVER),),
        ("education", "sexual_violence"),
        (LIVERPOOL,),
        "campus",
    ),
)


def initiative_id(key: str) -> UUID:
    """The id of a sample initiative."""
    return fixed("initiative", key)


def public_rows() -> Iterator[SQLModel]:
    """The public initiatives: live and seen by everyone, with what their sources say."""
    for at, known in enumerate(PUBLIC):
        found = initiative_id(known.key)
        yield Initiative(
            id=found,
            reference=f"VG-PBC{at + 222}",
            title=known.title,
            summary=known.summary,
            lead_agency_id=agency_id(known.lead),
            stage=Stage.LIVE,
            visibility=Visibility.PUBLIC,
            sent_at=IMPORTED,
            timing=Timing.UNKNOWN,
            timing_source=known.source,
            starts_on=known.starts_on,
            place=known.place,
            source=known.source,
            created_at=IMPORTED + timedelta(minutes=at),
            updated_at=IMPORTED + timedelta(minutes=at),
        )
        for agency, part in known.partners:
            yield partner(known.key, agency, part)
        yield from tags(known.key, known.areas, known.themes)
        if known.grant:
            source, amount = known.grant
            yield FundingLine(
                id=fixed("funding", known.key),
                initiative_id=found,
                source=source,
                amount=Decimal(amount),
                note=f"The year is not public. Source: {known.source}",
                created_at=IMPORTED,
                updated_at=IMPORTED,
            )


def partner(
    key: str, agency: str, part: Part, state: PartnerState = PartnerState.COMMITTED
) -> Partner:
    """An agency's part in a sample initiative."""
    return Partner(
        id=fixed("partner", f"{key}/{agency}"),
        initiative_id=initiative_id(key),
        agency_id=agency_id(agency),
        parts=[part.value],
        state=state,
        asked_at=IMPORTED,
        answered_at=IMPORTED if state is PartnerState.COMMITTED else None,
        updated_at=IMPORTED,
    )


def tags(key: str, areas: tuple[str, ...], themes: tuple[str, ...]) -> Iterator[SQLModel]:
    """Its areas and themes."""
    found = initiative_id(key)
    for code in areas:
        row_id = fixed("initiative-area", f"{key}/{code}")
        yield InitiativeArea(id=row_id, initiative_id=found, area_code=code, updated_at=IMPORTED)
    for theme in themes:
        row_id = fixed("initiative-theme", f"{key}/{theme}")
        yield InitiativeTheme(
            id=row_id, initiative_id=found, theme_id=theme_id(theme), updated_at=IMPORTED
        )
