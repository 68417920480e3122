"""Who sees standings, invitations and requests for roles, and who may manage people."""

from portal.store.rules import RowRule

RULES: tuple[RowRule, ...] = ()
DEFINERS: dict[str, str] = {"caller_memberships(date)": "portal_runtime"}
CALLABLE: tuple[str, ...] = ("caller_scopes()", "caller_session()")
