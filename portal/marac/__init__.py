"""MARACs: meetings, the list of each, who sits there and what they know of a case."""
