"""The HTTP edge: what is accepted, what is refused and with which words, how it is logged."""
