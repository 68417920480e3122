"""Who takes part in the sample: the Merseyside partners by their real names, with people who do not
exist.
"""

from datetime import UTC, date, datetime, time
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlmodel import SQLModel

from auth.areas import (
    BOROUGHS,
    CHESHIRE,
    CITY_REGION,
    FORCE_AREA,
    HALTON,
    WEST_LANCASHIRE,
    furnish_areas,
)
from auth.people.tables import Standing
from auth.roles import Role, SignatoryTitle
from auth.tables import (
    Agency,
    AgencyArea,
    AgencyKind,
    Membership,
    MembershipRole,
    Person,
    Team,
    TeamMember,
)

DAY = date(2026, 11, 16)
"""The day the sample describes."""
JOINED = date(2024, 4, 1)
_SPACE = uuid5(NAMESPACE_URL, "vawg-portal-sample")

ALL = tuple(BOROUGHS)

K, C = AgencyKind, ALL
AGENCIES: dict[str, tuple[str, str, AgencyKind, tuple[str, ...], bool]] = {
    # key: full name, short name, kind, areas, whether it shows its people's names to partners
    "police": ("Merseyside Police", "Police", K.POLICE, (FORCE_AREA, *C), False),
    "knowsley": ("Knowsley Council", "Knowsley", K.COUNCIL, ("E08000011",), True),
    "liverpool": ("Liverpool City Council", "Liverpool", K.COUNCIL, ("E08000012",), True),
    "sefton": ("Sefton Council", "Sefton", K.COUNCIL, ("E08000014",), True),
    "sthelens": ("St Helens Council", "St Helens", K.COUNCIL, ("E08000013",), True),
    "wirral": ("Wirral Council", "Wirral", K.COUNCIL, ("E08000015",), True),
    "pcc": ("Merseyside Police and Crime Commissioner", "PCC", K.PCC, (FORCE_AREA, *C), True),
    "cps": ("CPS Mersey-Cheshire", "CPS", K.CPS, (*C, CHESHIRE, HALTON), False),
    "lcrca": (
        "Liverpool City Region Combined Authority",
        "LCRCA",
        K.COMBINED_AUTHORITY,
        (CITY_REGION, *C, HALTON),
        True,
    ),
    "merseytravel": ("Merseytravel", "Merseytravel", K.TRANSPORT, (CITY_REGION, *C, HALTON), True),
    "uol": ("University of Liverpool", "UoL", K.UNIVERSITY, ("E08000012",), True),
    "ljmu": ("Liverpool John Moores University", "LJMU", K.UNIVERSITY, ("E08000012",), True),
    "hope": ("Liverpool Hope University", "Hope", K.UNIVERSITY, ("E08000012",), True),
    "edgehill": ("Edge Hill University", "Edge Hill", K.UNIVERSITY, (WEST_LANCASHIRE,), True),
    "guild": ("Liverpool Guild of Students", "Guild", K.STUDENTS_UNION, ("E08000012",), True),
    "rasa": ("RASA Merseyside", "RASA", K.CHARITY, ("E08000012", "E08000014", "E08000015"), False),
    "savera": ("Savera UK", "Savera", K.CHARITY, C, False),
    "ariel": ("Ariel Trust", "Ariel Trust", K.CHARITY, C, True),
    "ldas": ("Liverpool Domestic Abuse Service", "LDAS", K.CHARITY, ("E08000012",), False),
    "tww": ("Tomorrow's Women Wirral", "TWW", K.CHARITY, ("E08000015",), False),
    "vrp": (
        "Merseyside Violence Reduction Partnership",
        "VRP",
        K.OVERSIGHT,
        (FORCE_AREA, *C),
        True,
    ),
    "icb": (
        "NHS Cheshire and Merseyside Integrated Care Board",
        "ICB",
        K.HEALTH,
        (*C, CHESHIRE, HALTON),
        True,
    ),
    "probation": ("Probation Service North West", "Probation", K.PROBATION, C, False),
    "cheshire": (
        "Cheshire Constabulary",
        "Cheshire Police",
        K.OUT_OF_AREA,
        (CHESHIRE, HALTON),
        False,
    ),
    "marac": ("Wirral MARAC", "Wirral MARAC", K.JOINT_BODY, ("E08000015",), False),
}
HOSTS = {"marac": "wirral"}
OUTSIDE = frozenset({"cheshire"})
"""Named by partners, and no partners themselves."""

R = Role
PEOPLE: dict[str, tuple[str, str, tuple[Role, ...], str]] = {
    # key: agency, name, roles, team
    "police.coordinator": ("police", "Dana Okafor", (R.INITIATIVE_COORDINATOR,), "Prevention hub"),
    "police.contributor": ("police", "Ewan Sharples", (R.CONTRIBUTOR,), "Prevention hub"),
    "police.viewer": ("police", "Farah Quill", (R.VIEWER,), "Unity team"),
    "police.administrator": ("police", "Gil Thorne", (R.AGENCY_ADMINISTRATOR,), "Prevention hub"),
    "knowsley.coordinator": (
        "knowsley",
        "Hetty Vance",
        (R.INITIATIVE_COORDINATOR,),
        "Community safety",
    ),
    "liverpool.coordinator": (
        "liverpool",
        "Imran Castle",
        (R.INITIATIVE_COORDINATOR,),
        "Community safety",
    ),
    "liverpool.contributor": ("liverpool", "Joan Ferris", (R.CONTRIBUTOR,), "Licensing"),
    "sefton.coordinator": (
        "sefton",
        "Kofi Marsden",
        (R.INITIATIVE_COORDINATOR,),
        "Community safety",
    ),
    "sthelens.coordinator": (
        "sthelens",
        "Lena Whitlock",
        (R.INITIATIVE_COORDINATOR,),
        "Community safety",
    ),
    "wirral.coordinator": (
        "wirral",
        "Maeve Durrant",
        (R.INITIATIVE_COORDINATOR,),
        "Community safety",
    ),
    "wirral.contributor": ("wirral", "Noor Pemberton", (R.CONTRIBUTOR,), "Community safety"),
    "wirral.viewer": ("wirral", "Olu Bracken", (R.VIEWER,), "Early help"),
    "wirral.lead": ("wirral", "Petra Lindow", (R.TEAM_LEAD,), "Early help"),
    "pcc.programme": ("pcc", "Quentin Ayre", (R.PROGRAMME_LEAD,), "Delivery plan"),
    "pcc.coordinator": ("pcc", "Rosa Tindall", (R.INITIATIVE_COORDINATOR,), "Delivery plan"),
    "pcc.administrator": ("pcc", "Stan Ibbotson", (R.PARTNERSHIP_ADMINISTRATOR,), "Delivery plan"),
    "pcc.auditor": ("pcc", "Tess Holloway", (R.AUDITOR,), "Delivery plan"),
    "cps.liaison": ("cps", "Una Grieve", (R.CPS_LIAISON,), "Area business centre"),
    "lcrca.coordinator": ("lcrca", "Viktor Sands", (R.INITIATIVE_COORDINATOR,), "Safer transport"),
    "merseytravel.contributor": ("merseytravel", "Wanda Frith", (R.CONTRIBUTOR,), "Stations"),
    "merseytravel.coordinator": (
        "merseytravel",
        "Hal Winstead",
        (R.INITIATIVE_COORDINATOR,),
        "Stations",
    ),
    "uol.coordinator": ("uol", "Xenia Rudd", (R.INITIATIVE_COORDINATOR,), "Student welfare"),
    "ljmu.contributor": ("ljmu", "Yusuf Kellett", (R.CONTRIBUTOR,), "Student welfare"),
    "ljmu.coordinator": ("ljmu", "Isla Prior", (R.INITIATIVE_COORDINATOR,), "Student welfare"),
    "edgehill.viewer": ("edgehill", "Zara Moss", (R.VIEWER,), "Student welfare"),
    "rasa.coordinator": ("rasa", "Asha Penrose", (R.INITIATIVE_COORDINATOR,), "Prevention"),
    "rasa.contributor": ("rasa", "Bryony Slack", (R.CONTRIBUTOR,), "Prevention"),
    "rasa.administrator": ("rasa", "Hugo Larch", (R.AGENCY_ADMINISTRATOR,), "Prevention"),
    "savera.coordinator": ("savera", "Carys Nolan", (R.INITIATIVE_COORDINATOR,), "Training"),
    "ariel.coordinator": ("ariel", "Dev Harker", (R.INITIATIVE_COORDINATOR,), "Schools"),
    "icb.viewer": ("icb", "Elsie Bamford", (R.VIEWER,), "Safeguarding"),
    "probation.viewer": ("probation", "Finn Ardley", (R.VIEWER,), "Public protection"),
    "cheshire.viewer": ("cheshire", "Greta Soames", (R.VIEWER,), "Partnerships"),
    "marac.coordinator": ("marac", "Noor Pemberton", (R.MARAC_COORDINATOR,), "MARAC"),
    "marac.administrator": ("marac", "Lorna Stead", (R.AGENCY_ADMINISTRATOR,), "MARAC"),
    "marac.second": ("marac", "Theo Banks", (R.AGENCY_ADMINISTRATOR,), "MARAC"),
    "police.second": ("police", "Mina Croft", (R.AGENCY_ADMINISTRATOR,), "Prevention hub"),
    "pcc.second": ("pcc", "Avril Quayle", (R.PARTNERSHIP_ADMINISTRATOR,), "Delivery plan"),
    "savera.administrator": ("savera", "Nasreen Voss", (R.AGENCY_ADMINISTRATOR,), "Training"),
    "savera.second": ("savera", "Kit Ollerton", (R.AGENCY_ADMINISTRATOR,), "Training"),
    "savera.cases": ("savera", "Kit Ollerton", (), "Training"),
    "wirral.administrator": ("wirral", "Ines Corrigan", (R.AGENCY_ADMINISTRATOR,), "Early help"),
    "wirral.second": ("wirral", "Piotr Halloran", (R.AGENCY_ADMINISTRATOR,), "Early help"),
    "wirral.caseworker": ("wirral", "Skye Lomax", (R.CASEWORKER,), "Early help"),
}
GOVERNANCE = "Information governance"
_ADVISE_AND_SIGN = {
    # agency: its data protection lead, its authorised signatory
    "police": ("Adaeze Crowther", "Bertrand Oakes"),
    "knowsley": ("Chidi Fallon", "Delphine Roper"),
    "liverpool": ("Edie Marwood", "Fergal Hythe"),
    "sefton": ("Gwen Ostler", "Hamza Breck"),
    "sthelens": ("Iris Tolland", "Jory Pickup"),
    "wirral": ("Keira Stobart", "Lionel Wragg"),
    "cps": ("Mira Dunstan", "Niall Garside"),
    "uol": ("Odette Frayne", "Pavel Hearn"),
    "ljmu": ("Quinn Abbott", "Renata Sykes"),
    "rasa": ("Saoirse Kemp", "Tariq Melling"),
    "savera": ("Uzma Riddell", "Verity Stokes"),
    "ldas": ("Winnie Cheadle", "Xander Poole"),
    "tww": ("Yasmin Thorley", "Zeke Hallam"),
    "probation": ("Alma Winstone", "Boyd Tranter"),
    "icb": ("Cleo Rushton", "Dermot Vale"),
    "marac": ("Esme Garrod", "Felix Moran"),
}
for _agency, (_advises, _signs) in _ADVISE_AND_SIGN.items():
    PEOPLE[f"{_agency}.protection"] = (_agency, _advises, (R.DATA_PROTECTION_LEAD,), GOVERNANCE)
    PEOPLE[f"{_agency}.signatory"] = (_agency, _signs, (R.AUTHORISED_SIGNATORY,), GOVERNANCE)
_CASEWORK = {
    # person: agency, name, role, team
    "police.caseworker": ("police", "Ned Farrow", R.CASEWORKER, "Protecting vulnerable people"),
    "wirral.idva": ("wirral", "Maud Ellery", R.CASEWORKER, "Family safety unit"),
    "wirral.idvalead": ("wirral", "Ottilie Brand", R.TEAM_LEAD, "Family safety unit"),
    "tww.caseworker": ("tww", "Bea Hartnell", R.CASEWORKER, "Outreach"),
    "rasa.caseworker": ("rasa", "Lilith Orme", R.CASEWORKER, "ISVA service"),
    "savera.caseworker": ("savera", "Joss Penhale", R.CASEWORKER, "Casework"),
    "uol.caseworker": ("uol", "Gethin Moor", R.CASEWORKER, "Student welfare"),
    "knowsley.caseworker": ("knowsley", "Dilys Crane", R.CASEWORKER, "Front door"),
}
for _person, (_agency, _name, _case_role, _team) in _CASEWORK.items():
    PEOPLE[_person] = (_agency, _name, (_case_role,), _team)
PEOPLE["wirral.spoc"] = ("wirral", "Georgie Latham", (R.AGENCY_SPOC,), GOVERNANCE)
SIGNS_AS: dict[AgencyKind, SignatoryTitle] = {
    K.CPS: SignatoryTitle.CHIEF_CROWN_PROSECUTOR,
    K.CHARITY: SignatoryTitle.TRUSTEE,
    K.UNIVERSITY: SignatoryTitle.REGISTRAR,
}
"""As what people sign for an agency of this kind; for others as senior information risk owner."""

STANDINGS: dict[str, tuple[date, date, date]] = {
    # key: until when trained, vetted, bound to confidentiality
    "cps.liaison": (date(2027, 9, 30), date(2029, 3, 31), date(2027, 3, 31)),
    "marac.coordinator": (date(2026, 12, 4), date(2028, 6, 30), date(2027, 3, 31)),  # training soon
    "wirral.lead": (date(2027, 5, 31), date(2028, 1, 31), date(2027, 3, 31)),
    "wirral.caseworker": (date(2026, 10, 31), date(2028, 1, 31), date(2027, 3, 31)),  # lapsed
} | {person: (date(2027, 6, 30), date(2028, 9, 30), date(2027, 6, 30)) for person in _CASEWORK}


def fixed(kind: str, key: str) -> UUID:
    """The same id at every start."""
    return uuid5(_SPACE, f"{kind}/{key}")


def agency_id(key: str) -> UUID:
    """The id of a sample agency."""
    return fixed("agency", key)


def membership_id(key: str) -> UUID:
    """The id of a sample person's membership, such as `wirral.coordinator`."""
    return fixed("membership", key)


def team_id(agency: str, name: str) -> UUID:
    """The id of a sample team."""
    return fixed("team", f"{agency}/{name}")


def rows() -> list[SQLModel]:
    """Everything, in an order that satisfies the foreign keys."""
    return [*_agencies(), *_people()]


def _agencies() -> list[SQLModel]:
    found: list[SQLModel] = []
    for key, (name, short, kind, areas, shows) in AGENCIES.items():
        host = agency_id(HOSTS[key]) if key in HOSTS else None
        found.append(
            Agency(
                id=agency_id(key),
                name=name,
                short_name=short,
                kind=kind,
                shows_names=shows,
                host_id=host,
                in_partnership=key not in OUTSIDE,
            )
        )
        found += [
            AgencyArea(agency_id=agency_id(key), area_code=code, valid_from=JOINED)
            for code in areas
        ]
    return found


def _people() -> list[SQLModel]:
    people: dict[UUID, SQLModel] = {}
    teams: dict[UUID, SQLModel] = {}
    memberships: list[SQLModel] = []
    for key, (agency, name, roles, team) in PEOPLE.items():
        person, home, member = fixed("person", name), team_id(agency, team), membership_id(key)
        people[person] = Person(id=person, name=name)
        inbox = f"{team.lower().replace(' ', '-')}@{agency}.example"
        teams[home] = Team(id=home, agency_id=agency_id(agency), name=team, inbox=inbox)
        memberships.append(
            Membership(id=member, person_id=person, agency_id=agency_id(agency), starts_on=JOINED)
        )
        kind = AGENCIES[agency][2]
        memberships += [_role(member, role, kind) for role in roles]
        memberships.append(
            TeamMember(team_id=home, membership_id=member, agency_id=agency_id(agency))
        )
    return [*people.values(), *teams.values(), *memberships, *_standings()]


def _role(member: UUID, role: Role, kind: AgencyKind) -> MembershipRole:
    """An auditor has an end, and a signatory signs as something."""
    until = date(2027, 3, 31) if role is Role.AUDITOR else None
    title = SIGNS_AS.get(kind, SignatoryTitle.SIRO) if role is R.AUTHORISED_SIGNATORY else None
    return MembershipRole(membership_id=member, role=role, ends_on=until, title=title)


def _standings() -> list[SQLModel]:
    recorded = datetime.combine(JOINED, time(9), UTC)
    return [
        Standing(
            id=fixed("standing", key),
            membership_id=membership_id(key),
            training_until=training,
            vetting_until=vetting,
            confidentiality_until=confidentiality,
            recorded_at=recorded,
        )
        for key, (training, vetting, confidentiality) in STANDINGS.items()
    ]


async def load_partnership(owner: AsyncConnection) -> None:
    """Write the partnership into an empty database, as its owner."""
    taken = (await owner.execute(text("SELECT count(*) FROM agency"))).scalar_one()
    if taken:
        return
    await furnish_areas(owner)
    async with AsyncSession(bind=owner, expire_on_commit=False) as session:
        for row in rows():
            session.add(row)
            await session.flush()
        await session.commit()  # into the owner's own transaction
