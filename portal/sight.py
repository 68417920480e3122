"""Which rows are sure to be seen with which, read off the row rules."""

from portal.database import RULES
from portal.reading.promises import Sight
from portal.store.rules import HELD, SIGNED_IN, RowRule

ROOT, TIE = "initiative", "initiative_id"


def _kept(rule: RowRule) -> bool:
    """Whether a trigger gives the row its initiative's keys, and its rule asks for one of them."""
    copies = any("initiative_child_keys()" in trigger for trigger in rule.triggers)
    return copies and (rule.see or "").startswith(HELD)


_KEPT = frozenset(rule.name for rule in RULES.values() if _kept(rule))
SIGHT = Sight(
    everyone=frozenset(rule.name for rule in RULES.values() if rule.see == SIGNED_IN),
    kept=_KEPT,
    whole=frozenset(name for name in _KEPT if RULES[name].see == HELD) | {ROOT},
    root=ROOT,
    tie=TIE,
)
