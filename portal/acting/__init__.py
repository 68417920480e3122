"""Acting: a verb in plain Python becomes a mutation, and runs as one transaction."""
