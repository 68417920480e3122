"""Who may let one agency succeed another; what is seen of agencies stands in auth/access.py."""

from auth.caller import Caller
from auth.roles import Scope
from portal.errors import NotAllowed
from portal.store.rules import RowRule

RULES: tuple[RowRule, ...] = ()
DEFINERS: dict[str, str] = {"succeed_agency(uuid,uuid,date)": "portal_runtime"}


def may_manage_partnership(caller: Caller) -> None:
    """Change who takes part."""
    if not caller.can(Scope.PARTNERSHIP_MANAGE) or caller.person_id is None or caller.delegated:
        raise NotAllowed(
            "Only a partnership administrator can let one agency succeed another.",
            rule="agency.partnership_administrator",
            granted_by="a partnership administrator",
        )
