"""Measures: what is counted, where it started and should get to, and what has been observed."""
