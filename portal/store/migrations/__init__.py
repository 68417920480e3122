"""Migrations: SQL text that brings a database to this release, and the one way to run it."""
