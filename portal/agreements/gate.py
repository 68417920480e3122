"""What the gate answers: which agreement permits a sharing, and what others lack for it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry
from sqlalchemy import ARRAY, ColumnElement, Select, Text, Uuid, func, literal_column, select

from portal.agreements.categories import DataCategory, Purpose
from portal.agreements.tables import AgreementState
from portal.reading.declare import Ask, answers, column, sql, value_type
from portal.reading.ids import global_id


class GateLack(StrEnum):
    """What an agreement does not have of a sharing."""

    NOT_IN_FORCE = "not_in_force"
    """It is not in force now."""
    SENDER_NO_PARTY = "sender_no_party"
    """The agency that would give is no party in standing: it has not signed, or is suspended."""
    SENDER_DOES_NOT_GIVE = "sender_does_not_give"
    """It is a party that only receives."""
    RECEIVER_NO_PARTY = "receiver_no_party"
    """The agency that would receive is no party in standing."""
    RECEIVER_DOES_NOT_RECEIVE = "receiver_does_not_receive"
    """It is a party that only gives."""
    PURPOSE = "purpose"
    """The agreement is for other purposes."""
    CATEGORIES = "categories"
    """It does not cover all of the data; `lackingCategories` names what."""
    CEILING = "ceiling"
    """Its ceiling is OFFICIAL, and every case is marked higher."""
    GATEWAY = "gateway"
    """No legal power in it lets such a body give such a body data for this."""


@value_type
class SharingAnswer:
    """An agreement of your agency's, and whether it permits what was asked."""

    agreement_id: strawberry.ID = sql(
        "The agreement's id.", lambda row, _: global_id("Agreement", row.agreement_id)
    )
    reference: str = column("Its reference.")
    title: str = column("What it is called.")
    state: AgreementState = column("Where it stands now.")
    permits: bool = column("Whether the sharing is permitted under it now.")
    gateway: str | None = column("The key of the legal power by which it is permitted.")
    lacks: list[GateLack] = column("What it does not have of it; empty where it permits it.")
    lacking_categories: list[DataCategory] = column("The data that it does not cover.")


def _near(ask: Ask, given: Mapping[str, ColumnElement[Any]]) -> Select[Any]:
    near = func.agreement_near(
        given["sender"], given["receiver"], given["purpose"], given["categories"], ask.now
    ).table_valued("agreement_id", "reference", "title", "state", "gateway", "lacks",
                   "lacking_categories", name="near")  # fmt: skip

    def told(name: str, kind: Any) -> ColumnElement[Any]:  # noqa: ANN401 - a column type
        # Only the gateway is ever NULL; the function's columns do not say so.
        value = near.c[name]
        nothing = literal_column("'{}'" if isinstance(kind, ARRAY) else "''", kind)
        return func.coalesce(value, nothing, type_=kind)

    return select(
        func.coalesce(near.c.agreement_id, literal_column(f"'{_NOBODY}'", Uuid()), type_=Uuid())
        .label("agreement_id"),
        told("reference", Text()).label("reference"),
        told("title", Text()).label("title"),
        told("state", Text()).label("state"),
        func.coalesce(func.cardinality(near.c.lacks) == literal_column("0"), False)
        .label("permits"),
        func.nullif(near.c.gateway, literal_column("''"), type_=Text()).label("gateway"),
        told("lacks", ARRAY(Text())).label("lacks"),
        told("lacking_categories", ARRAY(Text())).label("lacking_categories"),
    )  # fmt: skip


_NOBODY = "00000000-0000-0000-0000-000000000000"


@strawberry.type
class GateQueries:
    """Whether something may be shared."""

    agreement_gate: list[SharingAnswer] = answers(
        "Whether one agency may give another such data for such a purpose now: your agency's"
        " agreements that come near, those that permit it first, each with what it lacks. None"
        " that permits it: there is no standing access.",
        {
            "sender": (strawberry.ID, "The agency that would give."),
            "receiver": (strawberry.ID, "The agency that would receive."),
            "purpose": (Purpose, "What for."),
            "categories": (list[DataCategory], "Which kinds of data."),
        },
        _near,
    )
