"""Scopes that say how a client acts for a person; what it may do are the scopes of roles."""

from auth.roles import Scope

OPENID = "openid"
"""Learn who the person is: an ID token, and the userinfo endpoint."""
PROFILE = "profile"
"""Learn the person's name, where their agency shows names."""
OFFLINE = "offline_access"
"""Go on without the person: a refresh token."""

ABOUT_THE_PERSON = frozenset({OPENID, PROFILE, OFFLINE})
"""Every client that people can be sent back to may ask for these."""

SUPPORTED = sorted(ABOUT_THE_PERSON | set(Scope))


def words(scope: object) -> frozenset[str]:
    """The scopes in a parameter."""
    return frozenset(str(scope or "").split())
