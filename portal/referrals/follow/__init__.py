"""What follows from a step by rule, in the step's own transaction."""
