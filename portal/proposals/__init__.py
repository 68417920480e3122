"""Reference data is changed by two: one person proposes, another confirms, and until then the old
holds.
"""
