"""The portal's own keys: what it signs and seals with, and how they change without a pause."""
