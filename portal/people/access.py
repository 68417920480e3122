"""What this room adds to the database; who manages people stands in auth/people/access.py."""

from portal.store.rules import RowRule

RULES: tuple[RowRule, ...] = ()
DEFINERS: dict[str, str] = {"work_left_by(uuid)": "portal_runtime"}
