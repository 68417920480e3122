"""Somebody opens a record, and its owner sees who did and why."""

from portal.cli.walks.walk import Walk
from portal.sample.cases import CASES

OWNER, READER, OUTSIDER = "tww.caseworker", "wirral.idva", "uol.caseworker"
PURPOSES = ("WORK_ON_CASE", "SAFETY")
CASE = next(case for case in CASES if case.key == "started")


def walk(on: Walk) -> None:
    """Open it twice, for two reasons; look as the owner; try as somebody else."""
    given = {"id": f"Referral:{CASE.id}"}
    for purpose in PURPOSES:
        on.step(f"Wirral's IDVA service opens {CASE.reference}, for the purpose {purpose}.")
        file = on.ask(READER, "referral-file", purpose=purpose, **given)["referralFile"]
        contact = file["safeContact"]
        on.shows(f"Safe contact first: {', '.join(contact['allowed'])};"
                 f" never {', '.join(contact['forbidden'])}")  # fmt: skip
    on.step("Tomorrow's Women, whose record it is, asks who opened its records and why.")
    rows = on.pages(OWNER, "who-opened-our-records", "consultations")
    for row in [one for one in rows if one["referral"]["reference"] == CASE.reference][:5]:
        who = "a program" if row["by"] is None else ", ".join(row["by"]["roles"]).lower()
        on.shows(f"{row['at']}  {row['agency']['shortName']}, {who}: {row['purpose']}")
    on.step("The University of Liverpool asks the same, and is shown no line of it.")
    rows = on.pages(OUTSIDER, "who-opened-our-records", "consultations")
    on.shows(f"{len(rows)} found")
