"""Funding: which grant pays for an initiative in which year, and what of it has been spent."""
