"""Actions: who does what by when for an initiative, and what came of it."""
