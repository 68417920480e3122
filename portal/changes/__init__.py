"""Changes: who did what and when, what it was before, and what is new since a cursor."""
