"""How history is listed, for the types whose records have one."""

from enum import Enum
from typing import Any

from portal.reading.declare import Listing, Order, many


class HistoryOrder(Enum):
    """How history is sorted."""

    NEWEST = "newest"
    """The latest change first."""
    OLDEST = "oldest"
    """The first change first."""


HISTORY = Listing(
    None,
    HistoryOrder,
    {
        HistoryOrder.NEWEST: Order(lambda h: [h.at, h.version], descending=True),
        HistoryOrder.OLDEST: Order(lambda h: [h.at, h.version]),
    },
    HistoryOrder.NEWEST,
)


def own_history() -> Any:  # noqa: ANN401 - a field
    """The field `history` of a type whose records hang on no initiative."""
    return many(
        "Every change to it, with what stood there before.",
        HISTORY,
        lambda row, entry, _: (entry.object_id == row.id) & entry.initiative_id.is_(None),
    )
