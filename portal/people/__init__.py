"""People as the API shows them: oneself, colleagues, roles, invitations; auth/ keeps them."""
