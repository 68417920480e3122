"""Whoever writes a pathway is told each mistake: which file, which key, and what to do."""

from pathlib import Path

import pytest
from support.pathways import Case

from portal.referrals.engine.files import FOLDER, load, load_all
from portal.referrals.engine.pathway import Part
from portal.referrals.engine.toml_tables import BadPathway

LENDING = """
name = "lending"
title = "Lending a panic alarm"
version = 1
says = "A council lends a panic alarm to somebody whom a charity supports."
purpose = "victim_support"
terms = ["It comes back when she is safe."]
closes = "It came back, or was lost."
begins = "draft"
shares = ["safe_contact", "needs"]

[states.draft]
says = "The charity writes it."
turn = "sender"
hold = "asked"

[states.wanted]
says = "The council has been asked."
turn = "receiver"
hold = "asked"

[states.lent]
says = "She has it."
turn = "sender"
hold = "taken"

[states.done]
says = "It is over."
turn = "none"
hold = "ended"
final = true

[moves.ask]
says = "Ask for one."
from = "draft"
to = "wanted"
by = "sender"

[moves.lend]
says = "Hand it over."
from = "wanted"
to = "lent"
by = "receiver"

[moves.end]
says = "Say how it ended."
from = ["wanted", "lent"]
to = "done"
by = "either"
needs = ["result"]

[events.tested]
says = "It was tested."
by = "receiver"
within = "lent"

[clocks.hand_over]
says = "Hand it over."
limit = "2 working days"
starts = ["wanted"]
stops = ["lent"]

[fields.result]
says = "How it ended."
kind = "code"
codes = "result"
category = "outcome"

[codes.result]
returned = "It came back."
lost = "It was lost."
"""


def written(folder: Path, text: str, name: str = "lending") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text)
    return file


def test_a_new_pathway_needs_no_code(tmp_path: Path):
    lending = load_all(written(tmp_path, LENDING).parent).newest("lending")
    assert lending is not None
    case = Case.of(lending).says("ask", at="2026-11-20 10:00")
    assert case.standing.due_at is not None
    assert f"{case.standing.due_at:%d.%m}" == "24.11"
    case.says("lend").says("tested").says("end", Part.SENDER, result="lost")
    assert case.state == "done"
    assert case.standing.facts == {"result": "lost"}


MISTAKES = [
    ('to = "lent"', 'to = "lend"', "moves.lend.to", ['no state "lend"', 'Did you mean "lent"?']),
    ('from = "wanted"', 'from = "waned"', "moves.lend.from", ['Did you mean "wanted"?']),
    ('by = "either"', 'by = "anybody"', "moves.end.by", ['no part "anybody"', "receiver, sender"]),
    ('needs = ["result"]', 'needs = ["reslt"]', "moves.end.needs", ['Did you mean "result"?']),
    (
        'to = "lent"',
        'to = "lent"\nwhen_late = "hand_ovr"',
        "moves.lend.when_late",
        ['no clock "hand_ovr"', 'Did you mean "hand_over"?'],
    ),
    (
        'limit = "2 working days"',
        'limit = "two days"',
        "clocks.hand_over.limit",
        ["is no limit", '"2 working days"'],
    ),
    (
        'stops = ["lent"]',
        'stops = ["lended"]',
        "clocks.hand_over.stops",
        ['no state, move or event "lended"'],
    ),
    ('stops = ["lent"]', "", "clocks.hand_over.stops", ["say at least one"]),
    (
        'kind = "code"',
        'kind = "text"',
        "fields.result.kind",
        ["Words about a person are kept nowhere", "list of codes"],
    ),
    ('codes = "result"', "", "fields.result.codes", ["name the list below [codes]"]),
    (
        'category = "outcome"',
        'category = "gossip"',
        "fields.result.category",
        ['no data category "gossip"', "safe_contact"],
    ),
    ('purpose = "victim_support"', 'purpose = "fun"', "purpose", ['no purpose "fun"', "marac"]),
    ("shares = [", 'about = ["victim"]\nshares = [', "about", ["needs `identity_link`"]),
    ("shares = [", 'about = ["nobody"]\nshares = [', "about", ['no subject role "nobody"']),
    ('shares = ["safe_contact"', 'shares = ["contact"', "shares", ['no data category "contact"']),
    ('lost = "It was lost."', "Lost-it = 1", "codes.result.Lost-it", ["is no code"]),
    ("[states.lent]", "[states.lent_out]", "moves.lend.to", ['Did you mean "lent_out"?']),
    (
        'from = ["wanted", "lent"]',
        'from = "wanted"',
        "states.lent",
        ["never ends", "to a state that is ended"],
    ),
    (
        'from = "wanted"\nto = "lent"',
        'from = "wanted"\nto = "wanted"',
        "states.lent",
        ["cannot be reached", "let a move lead to it"],
    ),
    ("final = true", "", "states.done.final", ["write final = true"]),
    (
        'to = "done"',
        'to = "draft"',
        "moves.end.to",
        ["what is sent cannot become unsent"],
    ),
    ('turn = "receiver"', 'turn = "cps"', "states.wanted.turn", ["below [parts]"]),
    ('turn = "receiver"', 'turn = "rest"', "states.wanted.turn", ['no turn "rest"', "receiver"]),
    ('says = "She has it."', "", "states.lent.says", ["is missing", "text in quotation marks"]),
    ('says = "She has it."', 'says = " "', "states.lent.says", ["is empty"]),
    ('hold = "taken"', 'hold = "taken"\nholds = 1', "states.lent.holds", ['Did you mean "hold"?']),
    ("version = 1", 'version = "one"', "version", ["must be a whole number"]),
    ("[events.tested]", "[events.lend]", "events.lend", ["is the name of one of the moves too"]),
    (
        "[events.tested]",
        "[events.recorded_in_error]",
        "events.recorded_in_error",
        ["the portal uses itself"],
    ),
    (
        "[codes.result]",
        '[codes.spare]\none = "One."\n\n[codes.result]',
        "codes.spare",
        ["is used by no field"],
    ),
    (
        "[fields.result]",
        '[fields.spare]\nsays = "More."\nkind = "day"\ncategory = "clocks"\n\n[fields.result]',
        "fields.spare",
        ["is asked by no move and no event"],
    ),
    (
        'to = "lent"',
        'to = "lent"\nafter = ["tested", "teted"]',
        "moves.lend.after",
        ['Did you mean "tested"?'],
    ),
    (
        'to = "lent"',
        'to = "lent"\nconsent = "receiver"',
        "moves.lend.consent",
        ["name the other side"],
    ),
    (
        'stops = ["lent"]',
        'stops = ["lent"]\nescalates = ["contact"]',
        "clocks.hand_over.contact",
        ["name a role"],
    ),
    (
        'stops = ["lent"]',
        'stops = ["lent"]\nuntil = "result"',
        "clocks.hand_over.until",
        ['of the kind "day"'],
    ),
    (
        'stops = ["lent"]',
        'stops = ["lent"]\nby_field = "result"\n[clocks.hand_over.limits]\nfound = "1 day"',
        "clocks.hand_over.limits",
        ['no code "found"', "lost, returned"],
    ),
    (
        "[codes.result]",
        '[[routes]]\nfield = "result"\nopen = ["found"]\nvalid_from = 2026-01-01\n\n[codes.result]',
        "routes",
        ['no code "found"', "lost, returned"],
    ),
    (
        "[codes.result]",
        '[[routes]]\nfield = "reslt"\nopen = ["lost"]\nvalid_from = 2026-01-01\n\n[codes.result]',
        "routes",
        ['no field "reslt"', 'Did you mean "result"?'],
    ),
    (
        'to = "lent"',
        'to = "lent"\nwhere = { result = ["found"] }',
        "moves.lend.where",
        ['no code "found"', "lost, returned"],
    ),
    (
        "[fields.result]",
        '[fields.result]\naccuses_partner = ["found"]',
        "fields.result.accuses_partner",
        ['no code "found"', "lost, returned"],
    ),
    (
        'stops = ["lent"]',
        'stops = ["lent"]\nsince = "result"',
        "clocks.hand_over.since",
        ['of the kind "moment"', '"wanted" starts it and does not need "result"'],
    ),
    (
        "[fields.result]",
        '[fields.result]\nlies = "behind"',
        "fields.result.lies",
        ['goes with the kind "day"'],
    ),
    (
        "[fields.result]",
        "[fields.result]\ndates = true",
        "fields.result.dates",
        ["no step happened on a day to come"],
    ),
    ("[states.lent]", "[states.lent", "", ["is no TOML", "line"]),
]


@pytest.mark.parametrize(
    ("old", "new", "key", "words"), MISTAKES, ids=[f"{key}: {new}" for _, new, key, _ in MISTAKES]
)
def test_each_mistake_is_told_with_file_key_and_remedy(
    tmp_path: Path, old: str, new: str, key: str, words: list[str]
):
    assert old in LENDING
    with pytest.raises(BadPathway) as caught:
        load(written(tmp_path, LENDING.replace(old, new, 1)))
    told = [str(fault) for fault in caught.value.faults if fault.key == key]
    assert told, str(caught.value)
    for word in ["lending.toml: ", *words]:
        assert any(word in line for line in told), told


def test_all_mistakes_are_told_at_once(tmp_path: Path):
    text = LENDING.replace('to = "lent"', 'to = "lend"').replace('by = "either"', 'by = "nobody"')
    text = text.replace('codes = "result"', "")
    with pytest.raises(BadPathway) as caught:
        load(written(tmp_path, text))
    assert [fault.key for fault in caught.value.faults] == ["moves.end.by"]
    with pytest.raises(BadPathway) as caught:
        load(written(tmp_path, text.replace('by = "nobody"', 'by = "sender"')))
    assert {"moves.lend.to", "fields.result.codes"} <= {f.key for f in caught.value.faults}


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(BadPathway, match=r"gone\.toml: cannot be read: No such file"):
        load(tmp_path / "gone.toml")


def test_the_file_is_named_after_the_pathway(tmp_path: Path):
    with pytest.raises(BadPathway, match=r"name the file lending\.toml"):
        load(written(tmp_path, LENDING, "borrowing"))


def test_a_case_keeps_the_version_it_began_with(tmp_path: Path):
    written(tmp_path, LENDING, "lending@1")
    new = LENDING.replace("version = 1", "version = 2").replace("2 working days", "1 working day")
    known = load_all(written(tmp_path, new).parent)
    newest = known.newest("lending")
    assert newest is not None
    assert newest.version == 2
    assert str(known.of("lending", 1).clocks["hand_over"].limit) == "2 working days"
    assert str(newest.clocks["hand_over"].limit) == "1 working day"


def test_two_files_cannot_be_the_same_version(tmp_path: Path):
    written(tmp_path, LENDING, "lending@1")
    with pytest.raises(BadPathway, match="a change is a new version"):
        load_all(written(tmp_path, LENDING).parent)


def test_a_referral_that_follows_by_itself_needs_a_pathway_that_is_there(tmp_path: Path):
    text = (
        f'{LENDING}\n[[automatic]]\npathway = "nursing"\nwhen = "lend"\nvalid_from = 2026-04-01\n'
    )
    with pytest.raises(BadPathway, match='there is no pathway "nursing"'):
        load_all(written(tmp_path, text).parent)


def test_every_shipped_file_loads():
    assert len(load_all().names) == len(list(FOLDER.glob("*.toml")))
