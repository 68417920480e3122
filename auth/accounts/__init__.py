"""Local accounts, for people of agencies without an identity provider: passkeys first."""
