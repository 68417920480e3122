"""Referrals: one agency asks another to act for a person, along a pathway."""
