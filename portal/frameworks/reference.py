"""The themes, frameworks and the 57 actions that every database starts with, with fixed ids.

The actions' titles, owners and ratings are not public: a number and the word that says so stand in
for a title, and the rest stays empty until somebody who knows fills it in.
"""

from datetime import UTC, date, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import SQLModel

from portal.frameworks.tables import (
    Framework,
    FrameworkEntry,
    FrameworkVersion,
    PlanAction,
    Theme,
)
from portal.proposals.tables import ProposalState
from portal.store.rules import table_of

_SPACE = uuid5(NAMESPACE_URL, "vawg-portal-reference")
PLAN_ACTIONS = 57
LAUNCHED = date(2022, 11, 24)
"""The delivery plan's launch; the themes of this list are as old."""
_SINCE = datetime(2022, 11, 24, tzinfo=UTC)

_FROM_THE_START: dict[str, Any] = {"state": ProposalState.CONFIRMED, "updated_at": _SINCE}

THEMES: dict[str, tuple[str, str]] = {
    "domestic_abuse": ("Domestic abuse", "Abuse by a partner, a former partner or a relative."),
    "sexual_violence": ("Sexual violence", "Rape, sexual assault and sexual exploitation."),
    "stalking": ("Stalking", "Stalking and harassment."),
    "honour_based_abuse": (
        "Honour-based abuse",
        "So-called honour-based abuse and forced marriage.",
    ),
    "night_time_economy": ("Night-time economy", "Bars, clubs, taxis and the way home."),
    "transport": ("Transport", "Buses, trains, stations and stops."),
    "education": ("Education", "Schools, colleges and universities."),
    "online": ("Online", "Abuse by message, image and on platforms."),
    "workplace": ("Workplace", "Employers and people at work."),
    "workforce": ("Workforce", "Training and knowledge of those who help."),
    "perpetrator": ("Perpetrator", "Work with those who cause harm, and to stop them."),
    "police_conduct": ("Police conduct", "Violence and abuse by officers and staff."),
    "public_space": ("Public space", "Streets, parks and lighting."),
}

_FRAMEWORKS: dict[str, tuple[str, str]] = {
    "npcc": ("National framework for policing VAWG", "National Police Chiefs' Council"),
    "merseyside_plan": (
        "Merseyside VAWG Delivery Plan",
        "Merseyside Police and Crime Commissioner",
    ),
}

_PILLARS = (
    "Build trust and confidence",
    "Relentlessly pursue perpetrators",
    "Create safer spaces",
)
_FOUR_PS = ("Prepare", "Protect", "Pursue", "Prevent")


def fixed(kind: str, key: str) -> UUID:
    """The same id in every database."""
    return uuid5(_SPACE, f"{kind}/{key}")


def theme_id(key: str) -> UUID:
    """A theme's id, such as that of `transport`."""
    return fixed("theme", key)


def entry_id(version: str, code: str) -> UUID:
    """An entry's id; the versions are `pillars`, `four_ps` and `plan`."""
    return fixed("entry", f"{version}/{code}")


def framework_id(key: str) -> UUID:
    """A framework's id; they are `npcc` and `merseyside_plan`."""
    return fixed("framework", key)


def plan_action_id(number: int) -> UUID:
    """The id of an action of the delivery plan."""
    return fixed("plan_action", str(number))


def reference_rows() -> list[SQLModel]:
    """Everything, in an order that satisfies the foreign keys."""
    return [*_themes(), *_frameworks(), *_versions(), *_entries(), *_actions()]


def _themes() -> list[SQLModel]:
    return [
        Theme(
            id=theme_id(key), key=key, name=name, description=says, valid_from=LAUNCHED,
            updated_at=_SINCE,
        )
        for key, (name, says) in THEMES.items()
    ]  # fmt: skip


def _frameworks() -> list[SQLModel]:
    return [
        Framework(id=fixed("framework", key), key=key, name=name, owner=owner)
        for key, (name, owner) in _FRAMEWORKS.items()
    ]


def _versions() -> list[SQLModel]:
    npcc, plan = fixed("framework", "npcc"), fixed("framework", "merseyside_plan")
    return [
        FrameworkVersion(
            id=fixed("version", "pillars"), framework_id=npcc, label="Three pillars, 2021",
            valid_from=date(2021, 12, 1), valid_to=date(2024, 2, 29),
            **_FROM_THE_START,
            note="Published in December 2021; the day is not public here. The delivery plan of 2022"
            " is built on these pillars.",
        ),
        FrameworkVersion(
            id=fixed("version", "four_ps"), framework_id=npcc, label="The 4 Ps, 2024",
            valid_from=date(2024, 3, 1), self_assessed=True,
            **_FROM_THE_START,
            note="Revised in March 2024 and meant to run to 2027; the days are not public here.",
        ),
        FrameworkVersion(
            id=fixed("version", "plan"), framework_id=plan, label="2022", valid_from=LAUNCHED,
            **_FROM_THE_START,
            note="57 actions; their titles are not public here.",
        ),
    ]  # fmt: skip


def _entries() -> list[SQLModel]:
    listed = [
        *(("pillars", str(at), title, at) for at, title in enumerate(_PILLARS, 1)),
        *(("four_ps", title.upper(), title, at) for at, title in enumerate(_FOUR_PS, 1)),
        *(("plan", str(n), f"Action {n} (title not published)", n) for n in _numbers()),
    ]
    return [
        FrameworkEntry(
            id=entry_id(version, code), framework_version_id=fixed("version", version), code=code,
            title=title, position=position,
        )
        for version, code, title, position in listed
    ]  # fmt: skip


def _actions() -> list[SQLModel]:
    return [
        PlanAction(
            id=plan_action_id(n), entry_id=entry_id("plan", str(n)),
            framework_version_id=fixed("version", "plan"), number=n, updated_at=_SINCE,
        )
        for n in _numbers()
    ]  # fmt: skip


def _numbers() -> range:
    return range(1, PLAN_ACTIONS + 1)


async def furnish_frameworks(owner: AsyncConnection) -> None:
    """Write what is missing, as the database's owner; what is there stays as people left it."""
    for row in reference_rows():
        await owner.execute(
            insert(table_of(type(row))).values(**row.model_dump()).on_conflict_do_nothing()
        )
