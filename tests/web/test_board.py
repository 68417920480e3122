"""Officers find initiatives by what is in the address."""

from support.visiting import Pages


async def test_a_stranger_is_led_to_the_door_and_back(shown: Pages):
    stranger = await shown.visitor()
    answer = stranger.get("/initiatives?stage=LIVE")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Finitiatives%3Fstage%3DLIVE"


async def test_an_officer_sees_the_board(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get("/initiatives")
    assert page.status_code == 200, page.text
    assert "Wirral Council" in page.text
    assert "Safe routes home" in page.text


async def test_an_officer_reads_an_initiative(shown: Pages):
    officer = await shown.visitor("wirral.coordinator")
    page = officer.get("/initiatives/VG-SFRTS2")
    assert page.status_code == 200, page.text
    assert "<svg" in page.text
