"""Themes, frameworks, the local plan and self-assessments: what is asked and what is done."""

from typing import Any

import strawberry
from sqlalchemy import Select, select
from sqlmodel import col

from portal.acting.exposed import mutation
from portal.frameworks import mapping, tables, verbs, versions
from portal.frameworks.assessments import SELF_ASSESSMENTS, SelfAssessment
from portal.frameworks.plan import PLAN_ACTIONS, PlanAction
from portal.frameworks.shown import (
    COVERAGE,
    FRAMEWORKS,
    THEMES,
    Framework,
    FrameworkEntry,
    FrameworkVersion,
    Theme,
    confirmed_versions,
    valid_versions,
)
from portal.initiatives.api import Initiative
from portal.reading.declare import Ask, Columns, Connection, by_id, many, values


def _plan(_: Columns, ask: Ask) -> Select[Any]:
    action = tables.PlanAction
    valid = col(action.framework_version_id).in_(valid_versions(ask))
    return select(action).where(valid).order_by(col(action.number))


@strawberry.type
class FrameworkQueries:
    """What initiatives are mapped to, and how the local plan stands."""

    themes: Connection[Theme] = many("Every theme, retired ones too.", THEMES)
    frameworks: Connection[Framework] = many("Every framework.", FRAMEWORKS, first=10)
    framework_coverage: Connection[FrameworkEntry] = many(
        "Every entry of a confirmed version with its initiatives, those without any too.",
        COVERAGE,
        lambda _, entry, __: entry.framework_version_id.in_(confirmed_versions()),
    )
    plan_board: list[PlanAction] = values(
        "Every action of the delivery plan that is valid today, by number.", _plan, size=57
    )
    plan_actions: Connection[PlanAction] = many("The actions of delivery plans.", PLAN_ACTIONS)
    plan_action: PlanAction | None = by_id("One action of a delivery plan.")
    self_assessments: Connection[SelfAssessment] = many(
        "What agencies said of themselves.", SELF_ASSESSMENTS
    )


@strawberry.type
class FrameworkMutations:
    """Mapping initiatives, keeping themes and the plan, assessing one's own agency."""

    set_themes = mutation(mapping.set_themes, Initiative, needs="initiatives:edit")
    set_framework_entries = mutation(
        mapping.set_framework_entries, Initiative, needs="initiatives:edit"
    )
    update_plan_action = mutation(verbs.update_plan_action, PlanAction, needs="frameworks:manage")
    hand_over_plan_action = mutation(
        verbs.hand_over_plan_action, PlanAction, needs="frameworks:manage"
    )
    propose_framework_version = mutation(
        versions.propose_framework_version, FrameworkVersion, needs="frameworks:manage"
    )
    confirm_framework_version = mutation(
        versions.confirm_framework_version, FrameworkVersion, needs="frameworks:manage"
    )
    decline_framework_version = mutation(
        versions.decline_framework_version, FrameworkVersion, needs="frameworks:manage"
    )
    assess_ourselves = mutation(verbs.assess_ourselves, SelfAssessment, needs="initiatives:edit")
    add_theme = mutation(verbs.add_theme, Theme, needs="frameworks:manage")
    retire_theme = mutation(verbs.retire_theme, Theme, needs="frameworks:manage")
