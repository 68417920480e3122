"""Frameworks and themes: what initiatives are mapped to, and how the local plan stands."""
