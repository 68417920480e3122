"""What a role may do, who may have it and how it is given: the one table of roles."""

from dataclasses import dataclass
from enum import StrEnum

from auth.kinds import AgencyKind


class Scope(StrEnum):
    """A power that a role, a client or a token can hold."""

    INITIATIVES_READ = "initiatives:read"
    INITIATIVES_CONTRIBUTE = "initiatives:contribute"
    INITIATIVES_EDIT = "initiatives:edit"
    REFERRALS_SUMMARY = "referrals:summary"
    REFERRALS_READ = "referrals:read"
    REFERRALS_WORK = "referrals:work"
    REFERRALS_ALLOCATE = "referrals:allocate"
    REFERRALS_TOTALS = "referrals:totals"
    MARAC_COORDINATE = "marac:coordinate"
    AGREEMENTS_DRAFT = "agreements:draft"
    AGREEMENTS_ADVISE = "agreements:advise"
    AGREEMENTS_SIGN = "agreements:sign"
    FRAMEWORKS_MANAGE = "frameworks:manage"
    AGENCIES_MANAGE = "agencies:manage"
    PARTNERSHIP_MANAGE = "partnership:manage"
    AUDIT_READ = "audit:read"


class Role(StrEnum):
    """What a membership lets a person be in one agency or joint body."""

    INITIATIVE_COORDINATOR = "initiative_coordinator"
    """Logs and runs initiatives for the agency, and answers invitations."""
    CONTRIBUTOR = "contributor"
    """Works on what the agency does: actions, figures, comments, offers."""
    VIEWER = "viewer"
    """Reads what the agency sees."""
    CASEWORKER = "caseworker"
    """Handles cases for the agency."""
    TEAM_LEAD = "team_lead"
    """Leads a team and says who does what."""
    CPS_LIAISON = "cps_liaison"
    """Follows cases between police and prosecutors."""
    MARAC_COORDINATOR = "marac_coordinator"
    """Prepares a MARAC and follows its actions."""
    MARAC_CHAIR = "marac_chair"
    """Chairs a MARAC."""
    MARAC_REPRESENTATIVE = "marac_representative"
    """Speaks for the agency at a MARAC."""
    DESIGNATED_SAFEGUARDING_LEAD = "designated_safeguarding_lead"
    """Receives safeguarding notifications for a school or service."""
    CONDUCT_LEAD = "conduct_lead"
    """Handles cases in which the agency's own people are accused."""
    DATA_PROTECTION_LEAD = "data_protection_lead"
    """Looks after data protection in the agency."""
    AUTHORISED_SIGNATORY = "authorised_signatory"
    """Signs agreements for the agency."""
    AGENCY_SPOC = "agency_spoc"
    """The agency's single point of contact."""
    PROGRAMME_LEAD = "programme_lead"
    """Keeps themes, frameworks and the delivery plan, and edits initiatives."""
    AGENCY_ADMINISTRATOR = "agency_administrator"
    """Manages the agency's people and programs, and sees no work."""
    PARTNERSHIP_ADMINISTRATOR = "partnership_administrator"
    """Manages who takes part in the partnership, and sees no work."""
    INDEPENDENT_REVIEWER = "independent_reviewer"
    """Reviews how cases were handled."""
    AUDITOR = "auditor"
    """Reads who did what, for a limited time."""


class SignatoryTitle(StrEnum):
    """As what somebody signs for their agency. A data protection officer advises and signs for
    nobody.
    """

    SIRO = "siro"
    """Senior information risk owner."""
    CALDICOTT_GUARDIAN = "caldicott_guardian"
    """Guards the confidentiality of health and care records."""
    CHIEF_CROWN_PROSECUTOR = "chief_crown_prosecutor"
    """Chief crown prosecutor."""
    CHIEF_OFFICER = "chief_officer"
    """Chief constable, chief fire officer or an equal."""
    CHIEF_EXECUTIVE = "chief_executive"
    """Chief executive."""
    TRUSTEE = "trustee"
    """A trustee of a charity."""
    REGISTRAR = "registrar"
    """Registrar of a university."""


_READ = frozenset({Scope.INITIATIVES_READ})
_CONTRIBUTE = _READ | {Scope.INITIATIVES_CONTRIBUTE}
_EDIT = _CONTRIBUTE | {Scope.INITIATIVES_EDIT}
_SUMMARY = _READ | {Scope.REFERRALS_SUMMARY}
_CASES = _SUMMARY | {Scope.REFERRALS_READ, Scope.REFERRALS_WORK}
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
    Role.CASEWORKER: _case(_CASES, _WORKS_CASES),
    Role.TEAM_LEAD: _case(_CASES | _CONTRIBUTE | {Scope.REFERRALS_ALLOCATE}, _WORKS_CASES),
    Role.CPS_LIAISON: _case(_CASES, frozenset({_K.CPS, _K.POLICE})),
    Role.MARAC_COORDINATOR: _case(
        _CASES | {Scope.REFERRALS_ALLOCATE, Scope.MARAC_COORDINATE}, _LEADS_MARAC
    ),
    Role.MARAC_CHAIR: _case(_CASES, _LEADS_MARAC),
    Role.MARAC_REPRESENTATIVE: _case(_CASES, _WORKS_CASES | {_K.FIRE}),
    Role.DESIGNATED_SAFEGUARDING_LEAD: _case(_CASES, _CARES),
    Role.CONDUCT_LEAD: _case(_READ, _EMPLOYS_MANY),
    Role.DATA_PROTECTION_LEAD: Trait(_SUMMARY | {Scope.AGREEMENTS_DRAFT, Scope.AGREEMENTS_ADVISE}),
    Role.AUTHORISED_SIGNATORY: Trait(_READ | {Scope.AGREEMENTS_SIGN}),
    Role.AGENCY_SPOC: Trait(_CONTRIBUTE | _SUMMARY | {Scope.AGREEMENTS_DRAFT}),
    Role.PROGRAMME_LEAD: Trait(
        _EDIT | {Scope.FRAMEWORKS_MANAGE, Scope.REFERRALS_TOTALS},
        _OVERSEES | {_K.POLICE, _K.COUNCIL},
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
