"""Which rows are sure to be seen with which, read off the row rules."""

from collections.abc import Callable

from portal.database import RULES
from portal.reading.promises import Family, Sight
from portal.referrals.access import SUMMARY
from portal.store.rules import HELD, SIGNED_IN, RowRule


def _family(root: str, tie: str, whole: str, keeps: Callable[[RowRule], bool]) -> Family:
    kept = frozenset(name for name, rule in RULES.items() if keeps(rule))
    seen_by_all = frozenset(name for name in kept if RULES[name].see == whole)
    return Family(kept, seen_by_all | {root}, tie)


def _of_initiative(rule: RowRule) -> bool:
    """Whether a trigger gives the row its initiative's keys, and its rule asks for one of them."""
    copies = any("initiative_child_keys()" in trigger for trigger in rule.triggers)
    return copies and (rule.see or "").startswith(HELD)


def _of_referral(rule: RowRule) -> bool:
    """The same of a referral's; who has a full view of a case has its summary."""
    return any("referral_child_keys(" in trigger for trigger in rule.triggers)


SIGHT = Sight(
    everyone=frozenset(rule.name for rule in RULES.values() if rule.see == SIGNED_IN),
    families=(
        _family("initiative", "initiative_id", HELD, _of_initiative),
        _family("referral", "referral_id", SUMMARY, _of_referral),
    ),
)
