"""Agreements: who may share which personal data with whom, for what, and until when."""
