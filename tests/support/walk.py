"""Every page there is, with an address and a person for it: no page may be missing here."""

from dataclasses import dataclass

from fastapi.routing import APIRoute

from portal.web.routes import ROUTERS

OFFICER = "wirral.coordinator"
MEASURE = "a69efdb7-70b3-531a-b277-b3f7f79b43f3"
SAFE_ROUTES = "/initiatives/VG-SFRTS2"


@dataclass(frozen=True)
class Stop:
    """A page to look at; `document` is what it runs of graphql/operations/, if it shows data."""

    route: str
    path: str
    person: str | None = OFFICER
    status: int = 200
    document: str | None = None

    def __str__(self) -> str:
        return f"{self.path} as {self.person or 'nobody'}"


STOPS = (
    Stop("/initiatives", "/initiatives", document="board-page"),
    Stop(
        "/initiatives",
        "/initiatives?text=safe&stage=LIVE&area=E08000015&mine=yes&sort=TITLE",
        document="board-page",
    ),
    Stop("/initiatives", "/initiatives?text=nothing+has+these+words", document="board-page"),
    Stop("/initiatives/{reference}", SAFE_ROUTES, document="initiative-page"),
    Stop("/initiatives/{reference}", SAFE_ROUTES, "icb.viewer", document="initiative-page"),
    Stop("/initiatives/{reference}", "/initiatives/VG-CNDCT5", document="initiative-page"),
    Stop("/initiatives/{reference}", "/initiatives/VG-000000", status=404),
    Stop(
        "/initiatives/{reference}/actions/add",
        f"{SAFE_ROUTES}/actions/add",
        document="add-action-page",
    ),
    Stop(
        "/initiatives/{reference}/measures/{measure}/add-figure",
        f"{SAFE_ROUTES}/measures/{MEASURE}/add-figure",
        "wirral.contributor",
        document="add-observation-page",
    ),
    Stop("/accessibility", "/accessibility", None),
    Stop("/accessibility", "/accessibility"),
    Stop("/sign-in", "/sign-in", None),
    Stop("/sign-in/again", "/sign-in/again?next=%2Finitiatives"),
    Stop("/memberships", "/memberships", "wirral.contributor"),
    Stop("/security", "/security", document="security-page"),
    Stop("/security/password", "/security/password"),
    Stop("/notices", "/notices", document="notices-page"),
    Stop("/programs", "/programs", document="programs-page"),
    Stop("/programs", "/programs", "rasa.coordinator", document="programs-page"),
    Stop("/notices/mail", "/notices/mail", document="mail-page"),
    Stop("/notices/mail/code", "/notices/mail/code", document="mail-page"),
    Stop("/sign-out", "/sign-out"),
    Stop("/signed-out", "/signed-out", None),
    Stop("/recover", "/recover", None),
    Stop("/nowhere", "/nowhere", status=404),
    Stop("/nowhere", "/nowhere", None, 404),
)

ELSEWHERE = {
    "/oauth/authorize": "needs a pushed request: tests/web/test_consenting.py",
    "/": "leads to the board",
    "/static/{name}": "no page",
    "/initiatives/{reference}/measures/{measure}/figures.csv": "no page",
    "/sign-in/with/{provider_id}": "leads to a partner's provider",
    "/sign-in/back/{provider_id}": "comes from a partner's provider",
    "/recover/enrol": "needs a recovery code: tests/signing",
    "/join": "needs an invitation: tests/signing",
    "/join/arrived": "needs an invitation and a provider: tests/federation",
}
"""What is not walked, and why."""


def addresses() -> set[str]:
    """Every address that answers GET, as its route writes it."""
    routes = [route for router in ROUTERS for route in router.routes]
    return {r.path for r in routes if isinstance(r, APIRoute) and "GET" in (r.methods or ())}
