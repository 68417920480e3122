"""Partners' own identity providers: people sign in there, and what we believe of the answer."""
