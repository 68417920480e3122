"""A pathway is data: how its file is read, and what a case's events make of it; all pure."""
