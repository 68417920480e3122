"""The OAuth authorization server: clients prove themselves and get short, key-bound tokens."""
