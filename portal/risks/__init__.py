"""Risks: what could go wrong with an initiative, how badly, and what is done about it."""
