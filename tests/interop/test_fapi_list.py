"""Every module of the FAPI 2.0 list is a test here, or is inapplicable for a reason that holds."""

import re
from collections import Counter
from pathlib import Path

from support.conforming import module
from support.fapi_verdicts import INAPPLICABLE

PORTED = Counter(
    name
    for file in Path(__file__).parent.glob("test_fapi_*.py")
    for name in re.findall(r'^@module\("(\w+)"\)$', file.read_text(), re.MULTILINE)
)


def test_each_name_has_one_verdict(modules):
    assert len(modules) == len(set(modules)) == 59
    assert set(PORTED) == set(modules)
    assert set(PORTED.values()) == {1}


def test_none_is_left_out_when_they_run():
    for file in Path(__file__).parent.glob("test_fapi_*.py"):
        assert not re.search(r"\b(skip|skipif|xfail|importorskip)\(", file.read_text()), file


def test_only_what_is_in_the_list_can_be_inapplicable(modules):
    assert set(INAPPLICABLE) <= set(modules)
    assert all(len(reason) > 20 for reason in INAPPLICABLE.values())


@module("FAPI2SPFinalEnsureServerHandlesNonMatchingIntentId")
async def test_there_are_no_intent_ids(suite):
    """The reason holds: nothing offers them, and asking for one opens nothing."""
    said = suite.first.http.get(suite.pages.url + "/.well-known/openid-configuration").json()
    assert not any("intent" in claim for claim in said["claims_supported"])
    assert not any("authorization_details" in name for name in said)
    asked = '{"id_token": {"openbanking_intent_id": {"value": "other", "essential": true}}}'
    assert "openbanking_intent_id" not in suite.id_token(suite.tokens(claims=asked))
