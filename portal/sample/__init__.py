"""The sample partnership: real organisations, fictional people, fixed ids, a fixed day."""
