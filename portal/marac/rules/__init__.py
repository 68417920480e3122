"""By which routes MARACs take cases and what a repeat is, by area and date; changed by two."""
