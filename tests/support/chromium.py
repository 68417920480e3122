"""Chromium as the tests start it, and the authenticator that it pretends to have."""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Page

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Key:
    """A security key in a browser's hand (WebAuthn's virtual authenticator)."""

    cdp: CDPSession
    id: str

    async def verifies(self, *, user: bool) -> None:
        """Whether it finds that its user is the right one."""
        told = {"authenticatorId": self.id, "isUserVerified": user}
        await self.cdp.send("WebAuthn.setUserVerified", told)

    async def credentials(self) -> list[dict[str, Any]]:
        """What is on it."""
        asked = {"authenticatorId": self.id}
        found: list[dict[str, Any]] = (await self.cdp.send("WebAuthn.getCredentials", asked))[
            "credentials"
        ]
        return found


async def give_key(page: Page) -> Key:
    """Plug one in."""
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("WebAuthn.enable")
    made = await cdp.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return Key(cdp, made["authenticatorId"])
