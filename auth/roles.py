"""What a role may do: the one table from roles to scopes."""

from enum import StrEnum


class Scope(StrEnum):
    """A power that a role, a client or a token can hold."""

    INITIATIVES_READ = "initiatives:read"
    INITIATIVES_CONTRIBUTE = "initiatives:contribute"
    INITIATIVES_EDIT = "initiatives:edit"
    FRAMEWORKS_MANAGE = "frameworks:manage"
    AGENCIES_MANAGE = "agencies:manage"
    PARTNERSHIP_MANAGE = "partnership:manage"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """What a membership lets a person be in one agency or joint body."""

    INITIATIVE_COORDINATOR = "initiative_coordinator"
    CONTRIBUTOR = "contributor"
    VIEWER = "viewer"
    CASEWORKER = "caseworker"
    TEAM_LEAD = "team_lead"
    CPS_LIAISON = "cps_liaison"
    MARAC_COORDINATOR = "marac_coordinator"
    MARAC_CHAIR = "marac_chair"
    MARAC_REPRESENTATIVE = "marac_representative"
    DESIGNATED_SAFEGUARDING_LEAD = "designated_safeguarding_lead"
    CONDUCT_LEAD = "conduct_lead"
    DATA_PROTECTION_LEAD = "data_protection_lead"
    AUTHORISED_SIGNATORY = "authorised_signatory"
    AGENCY_SPOC = "agency_spoc"
    PROGRAMME_LEAD = "programme_lead"
    AGENCY_ADMINISTRATOR = "agency_administrator"
    PARTNERSHIP_ADMINISTRATOR = "partnership_administrator"
    INDEPENDENT_REVIEWER = "independent_reviewer"
    AUDITOR = "auditor"


_READ = frozenset({Scope.INITIATIVES_READ})
_CONTRIBUTE = _READ | {Scope.INITIATIVES_CONTRIBUTE}
_EDIT = _CONTRIBUTE | {Scope.INITIATIVES_EDIT}

SCOPES: dict[Role, frozenset[Scope]] = {
    Role.INITIATIVE_COORDINATOR: _EDIT,
    Role.CONTRIBUTOR: _CONTRIBUTE,
    Role.VIEWER: _READ,
    Role.CASEWORKER: _READ,
    Role.TEAM_LEAD: _CONTRIBUTE,
    Role.CPS_LIAISON: _READ,
    Role.MARAC_COORDINATOR: _READ,
    Role.MARAC_CHAIR: _READ,
    Role.MARAC_REPRESENTATIVE: _READ,
    Role.DESIGNATED_SAFEGUARDING_LEAD: _READ,
    Role.CONDUCT_LEAD: _READ,
    Role.DATA_PROTECTION_LEAD: _READ,
    Role.AUTHORISED_SIGNATORY: _READ,
    Role.AGENCY_SPOC: _CONTRIBUTE,
    Role.PROGRAMME_LEAD: _EDIT | {Scope.FRAMEWORKS_MANAGE},
    # Administrators grant access and therefore see no work: only what is public.
    Role.AGENCY_ADMINISTRATOR: frozenset({Scope.AGENCIES_MANAGE}),
    Role.PARTNERSHIP_ADMINISTRATOR: frozenset(
        {Scope.AGENCIES_MANAGE, Scope.PARTNERSHIP_MANAGE, Scope.FRAMEWORKS_MANAGE}
    ),
    Role.INDEPENDENT_REVIEWER: _READ,
    Role.AUDITOR: frozenset({Scope.AUDIT_READ}),
}


def scopes_of(roles: frozenset[Role]) -> frozenset[Scope]:
    """Everything the given roles allow together."""
    return frozenset().union(*(SCOPES[role] for role in roles))
