"""Agencies, teams and people as the API shows them; auth/ keeps them."""
