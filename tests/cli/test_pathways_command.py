"""Who writes a pathway asks the command whether it is right, and what it says."""

from pathlib import Path

from support.commands import run

from portal.referrals.engine.files import FOLDER

SHIPPED = FOLDER / "request_for_support.toml"


def mended(folder: Path, *pairs: tuple[str, str]) -> str:
    text = SHIPPED.read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / SHIPPED.name
    file.write_text(text)
    return str(file)


def flowing(text: str) -> str:
    """Without the breaks that the table's width makes."""
    return " ".join(text.split())


def test_a_file_that_is_right_is_shown_as_a_table():
    ran = run("pathways", "check", str(SHIPPED))
    assert ran.exit_code == 0, ran.output
    for line in (
        "Request for support (request_for_support, version 1)",
        "  waiting_list  receiver's turn  taken on  The team takes it on once there is room.",
        "  send                    sender                           draft > sent",
        "receiver; new receiver consents",
        "  first_contact  48 hours (unconfirmed)",
        "  - Contact her only as her safe contact says.",
    ):
        assert line in ran.output
    assert "; stands still in returned; tells team_inbox, team_lead" in flowing(ran.output)
    assert max(map(len, ran.output.splitlines())) <= 110


def test_what_differs_by_area_and_date_is_shown_with_both():
    said = run("pathways", "show", "marac").output
    assert "  E08000013  from 2022-01-01  merit is gold from 72\n" in said
    assert "from 2025-07-01  route: visible_high_risk, professional_judgement (unconf" in said
    assert "a repeat is any_abuse within 12 months of last_referral" in said
    assert "  E08000011  from 2022-01-01  submit brings idva with it" in said
    assert "from 2022-01-01  source: marac, herself" in run("pathways", "show", "idva").output


def test_faults_are_said_each_on_a_line_and_the_command_fails(tmp_path: Path):
    file = mended(
        tmp_path, ('to = "sent"', 'to = "snt"'), ('codes = "contact"', 'codes = "cntact"')
    )
    ran = run("pathways", "check", file)
    assert ran.exit_code == 1
    said = ran.output.splitlines()
    assert any('moves.send.to: there is no state "snt". Did you mean "sent"?' in x for x in said)
    assert any('fields.contact_result.codes: there is no list of codes "cntact"' in x for x in said)


def test_a_file_that_is_not_there_is_said():
    ran = run("pathways", "check", "nowhere.toml")
    assert ran.exit_code == 1
    assert "nowhere.toml: cannot be read" in ran.output


def test_without_a_file_the_portals_own_are_checked_and_listed():
    ran = run("pathways", "check")
    assert ran.exit_code == 0, ran.output
    assert len(ran.output.splitlines()) == len(list(FOLDER.glob("*.toml")))
    assert "cps_charging" in ran.output


def test_one_of_the_portals_own_is_shown_by_name():
    assert "Victims' Right to Review: local" not in run("pathways", "show", "marac").output
    ran = run("pathways", "show", "cps_charging")
    assert "vrr_window" in ran.output
    assert "provisionally from discontinued" in flowing(ran.output)


def test_a_name_that_is_none_says_which_there_are():
    ran = run("pathways", "show", "cps")
    assert ran.exit_code == 1
    assert "There are: cps_charging, dvds" in ran.output
