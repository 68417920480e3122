"""What kinds of body take part."""

from enum import StrEnum


class AgencyKind(StrEnum):
    """What kind of body takes part; it decides which powers and gateways can apply to it."""

    POLICE = "police"
    COUNCIL = "council"
    PCC = "pcc"
    CPS = "cps"
    COMBINED_AUTHORITY = "combined_authority"
    UNIVERSITY = "university"
    STUDENTS_UNION = "students_union"
    CHARITY = "charity"
    REFUGE = "refuge"
    HEALTH = "health"
    PROBATION = "probation"
    TRANSPORT = "transport"
    FIRE = "fire"
    SCHOOL = "school"
    HOUSING = "housing"
    JOINT_BODY = "joint_body"
    OVERSIGHT = "oversight"
    OUT_OF_AREA = "out_of_area"
