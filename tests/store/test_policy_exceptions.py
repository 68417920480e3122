"""An exception to the linter's rules names what is there; a reviewer meets no dead ones."""

from itertools import pairwise

from portal.store.policies import EXCEPTIONS, write_out

NAMES = ["public.team.owner", "public.team.see", "public.action.owner"]


def test_a_pattern_becomes_the_names_it_fits():
    rules = {"SEC008": {"allowlist": ["*.*.owner"]}}
    assert list(write_out(rules, NAMES)) == []
    assert rules["SEC008"]["allowlist"] == ["public.action.owner", "public.team.owner"]


def test_an_exception_that_fits_nothing_is_found():
    rules = {"SEC008": {"allowlist": ["public.team.see", "public.gone.see", "auth_secret.*.see"]}}
    unused = [("SEC008", "public.gone.see"), ("SEC008", "auth_secret.*.see")]
    assert list(write_out(rules, NAMES)) == unused


def test_each_exception_has_a_reason():
    lines = EXCEPTIONS.read_text().splitlines()
    for before, line in pairwise(lines):
        if line.startswith("[lint.rules."):
            continue
        if line.lstrip().startswith('"') and "#" not in line:
            assert before.lstrip().startswith(("#", '"')), line
