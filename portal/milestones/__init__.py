"""Milestones: the dates by which an initiative wants to have come somewhere."""
