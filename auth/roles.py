"""What a role may do, who may have it and how it is given: the one table of roles."""

from dataclasses import dataclass
from enum import StrEnum

from auth.kinds import AgencyKind


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


class SignatoryTitle(StrEnum):
    """As what somebody signs for their agency. A data protection officer advises and signs for
    nobody.
    """

    SIRO = "siro"
    CALDICOTT_GUARDIAN = "caldicott_guardian"
    CHIEF_CROWN_PROSECUTOR = "chief_crown_prosecutor"
    CHIEF_OFFICER = "chief_officer"
    CHIEF_EXECUTIVE = "chief_executive"
    TRUSTEE = "trustee"
    REGISTRAR = "registrar"


_READ = frozenset({Scope.INITIATIVES_READ})
_CONTRIBUTE = _READ | {Scope.INITIATIVES_CONTRIBUTE}
_EDIT = _CONTRIBUTE | {Scope.INITIATIVES_EDIT}
_K = AgencyKind
_ANY = frozenset(AgencyKind)
_CARES = frozenset(
    {_K.COUNCIL, _K.UNIVERSITY, _K.STUDENTS_UNION, _K.CHARITY, _K.REFUGE, _K.HEALTH, _K.SCHOOL,
     _K.HOUSING}
)  # fmt: skip
_WORKS_CASES = _CARES | {_K.POLICE, _K.PROBATION, _K.TRANSPORT, _K.JOINT_BODY}
_LEADS_MARAC = frozenset({_K.POLICE, _K.COUNCIL, _K.JOINT_BODY})
_EMPLOYS_MANY = frozenset(
    {_K.POLICE, _K.COUNCIL, _K.COMBINED_AUTHORITY, _K.UNIVERSITY, _K.HEALTH, _K.PROBATION,
     _K.TRANSPORT, _K.FIRE}
)  # fmt: skip
_OVERSEES = frozenset({_K.PCC, _K.COMBINED_AUTHORITY, _K.OVERSIGHT})


@dataclass(frozen=True)
class Trait:
    """What a role lets its holder do, who may have it, and how it is given."""

    scopes: frozenset[Scope]
    kinds: frozenset[AgencyKind] = _ANY
    """The kinds of agency in which it makes sense; what each may grant unless told otherwise."""
    cases: bool = False
    """Whether it handles cases: then it rests while training, vetting or the confidentiality
    declaration has lapsed.
    """
    second_person: bool = False
    """Whether a second administrator must confirm it."""


def _case(scopes: frozenset[Scope], kinds: frozenset[AgencyKind]) -> Trait:
    return Trait(scopes, kinds, cases=True, second_person=True)


# Administrators grant access and therefore see no work: only what is public. Whoever could confirm
# for others is confirmed by two, or one person could invent the second.
ROLES: dict[Role, Trait] = {
    Role.INITIATIVE_COORDINATOR: Trait(_EDIT),
    Role.CONTRIBUTOR: Trait(_CONTRIBUTE),
    Role.VIEWER: Trait(_READ),
    Role.CASEWORKER: _case(_READ, _WORKS_CASES),
    Role.TEAM_LEAD: _case(_CONTRIBUTE, _WORKS_CASES),
    Role.CPS_LIAISON: _case(_READ, frozenset({_K.CPS, _K.POLICE})),
    Role.MARAC_COORDINATOR: _case(_READ, _LEADS_MARAC),
    Role.MARAC_CHAIR: _case(_READ, _LEADS_MARAC),
    Role.MARAC_REPRESENTATIVE: _case(_READ, _WORKS_CASES | {_K.FIRE}),
    Role.DESIGNATED_SAFEGUARDING_LEAD: _case(_READ, _CARES),
    Role.CONDUCT_LEAD: _case(_READ, _EMPLOYS_MANY),
    Role.DATA_PROTECTION_LEAD: Trait(_READ),
    Role.AUTHORISED_SIGNATORY: Trait(_READ),
    Role.AGENCY_SPOC: Trait(_CONTRIBUTE),
    Role.PROGRAMME_LEAD: Trait(
        _EDIT | {Scope.FRAMEWORKS_MANAGE}, _OVERSEES | {_K.POLICE, _K.COUNCIL}
    ),
    Role.AGENCY_ADMINISTRATOR: Trait(frozenset({Scope.AGENCIES_MANAGE}), second_person=True),
    Role.PARTNERSHIP_ADMINISTRATOR: Trait(
        frozenset({Scope.AGENCIES_MANAGE, Scope.PARTNERSHIP_MANAGE, Scope.FRAMEWORKS_MANAGE}),
        _OVERSEES,
        second_person=True,
    ),
    Role.INDEPENDENT_REVIEWER: _case(_READ, _OVERSEES),
    Role.AUDITOR: Trait(frozenset({Scope.AUDIT_READ}), _OVERSEES),
}
SCOPES: dict[Role, frozenset[Scope]] = {role: trait.scopes for role, trait in ROLES.items()}
CASE_ROLES = frozenset(role for role, trait in ROLES.items() if trait.cases)
ADMINISTRATORS = frozenset({Role.AGENCY_ADMINISTRATOR, Role.PARTNERSHIP_ADMINISTRATOR})

TITLES: dict[SignatoryTitle, frozenset[AgencyKind]] = {
    SignatoryTitle.SIRO: _ANY,
    SignatoryTitle.CALDICOTT_GUARDIAN: frozenset({_K.HEALTH, _K.COUNCIL}),
    SignatoryTitle.CHIEF_CROWN_PROSECUTOR: frozenset({_K.CPS}),
    SignatoryTitle.CHIEF_OFFICER: frozenset({_K.POLICE, _K.FIRE, _K.PROBATION, _K.PCC}),
    SignatoryTitle.CHIEF_EXECUTIVE: _ANY,
    SignatoryTitle.TRUSTEE: frozenset({_K.CHARITY, _K.REFUGE, _K.STUDENTS_UNION, _K.HOUSING}),
    SignatoryTitle.REGISTRAR: frozenset({_K.UNIVERSITY}),
}
"""The kinds of agency whose people sign as this."""


def excluded_by(role: Role) -> frozenset[Role]:
    """What the same membership cannot be beside this: administrators see no case, and who advises
    on data protection does not sign.
    """
    if role in ADMINISTRATORS:
        return CASE_ROLES
    if role in CASE_ROLES:
        return ADMINISTRATORS
    advice = frozenset({Role.DATA_PROTECTION_LEAD, Role.AUTHORISED_SIGNATORY})
    return advice - {role} if role in advice else frozenset()


def invitable(role: Role) -> bool:
    """Whether an administrator's invitation can carry it: nothing that a second person confirms,
    and nothing that needs more to be said about it.
    """
    particular = {Role.AUTHORISED_SIGNATORY, Role.AUDITOR}
    return not ROLES[role].second_person and role not in particular


def scopes_of(roles: frozenset[Role]) -> frozenset[Scope]:
    """Everything the given roles allow together."""
    return frozenset().union(*(SCOPES[role] for role in roles))
