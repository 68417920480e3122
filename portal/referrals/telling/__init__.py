"""What teams are told of a case, and who is told when something is late."""
