"""Matters of police and prosecutors: hearings, action plans, and who supports a victim."""
