"""The login roles are written down once; what an operator reads and runs says the same."""

import re
from pathlib import Path

from portal.logins import BY_SETTING, LOGINS, Power
from portal.settings import Settings
from portal.store.bootstrap import roles_sql
from portal.store.engines import Engines

DEPLOY = Path("deploy/README.md").read_text()


def test_the_file_of_roles_makes_each_of_them_and_no_other() -> None:
    made = set(re.findall(r"\bportal_[a-z]+\b", roles_sql()))
    assert made == {login.role for login in LOGINS}


def test_the_operators_guide_lists_each_role_and_each_setting() -> None:
    table = DEPLOY.partition("| role |")[2].partition("\n\n")[0]
    listed = re.findall(r"^\| `(portal_\w+)`", table, re.MULTILINE)
    assert sorted(listed) == sorted(login.role for login in LOGINS)
    assert set(re.findall(r"`(PORTAL_\w*DATABASE_URL)`", DEPLOY)) == set(BY_SETTING)


def test_each_address_is_a_setting_of_its_own_and_has_its_engine() -> None:
    given = {login.setting: f"postgresql://{login.role}@db/portal" for login in LOGINS}
    settings = Settings.from_env(given)
    assert settings.database_urls == given
    engines = Engines(settings)
    assert len({engines.of(login.setting) for login in LOGINS}) == len(LOGINS)


def test_no_role_may_pass_by_the_row_rules() -> None:
    for login in LOGINS:
        assert not {Power.SUPERUSER, Power.BYPASS} & {*login.may}
