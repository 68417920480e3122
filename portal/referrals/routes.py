"""Never past her abuser's colleagues: who is accused and works for a partner is not referred here
until a record can be sealed.
"""

from collections.abc import Mapping
from enum import StrEnum

from portal.errors import Invalid
from portal.referrals.engine.pathway import Pathway
from portal.referrals.engine.standing import Value


class Employment(StrEnum):
    """Whether somebody accused works, or may have worked, for an agency of the partnership."""

    NONE_KNOWN = "none_known"
    """Nothing says so, after asking."""
    WORKS = "works"
    """They do, as staff, officer, volunteer or contractor."""
    MAY_WORK = "may_work"
    """It may be so."""
    WORKED = "worked"
    """They did once."""


INDEPENDENT = (
    "Nothing was stored. The portal cannot keep this from that agency's people yet, so take a route"
    " that does not pass them: the Independent Office for Police Conduct, another police force, or"
    " the Police and Crime Commissioner; for somebody who works with children the local authority"
    " designated officer (LADO), for somebody who works with adults at risk the council's"
    " position-of-trust lead."
)
UNSAID = "Say whether they work, may work or worked for an agency of the partnership."


def must_not_be_a_partners(employment: Employment | None, field: str = "employment") -> None:
    """Refuse before anything is stored, in words that a log of refusals does not repeat."""
    if employment is None:
        raise Invalid.field(field, UNSAID, "EMPLOYMENT_NEEDED")
    if employment is not Employment.NONE_KNOWN:
        raise Invalid.field(field, INDEPENDENT, "INDEPENDENT_ROUTE")


def must_accuse_no_partners_own(pathway: Pathway, fields: Mapping[str, Value]) -> None:
    """Refuse a step that says it in a code of its pathway, such as that of a university's staff."""
    for name, value in fields.items():
        field = pathway.fields.get(name)
        said = value if isinstance(value, (list, tuple)) else [value]
        if field is not None and not set(field.accuses_partner).isdisjoint(said):
            raise Invalid.field(f"fields.{name}", INDEPENDENT, "INDEPENDENT_ROUTE")
