"""Who does a colleague's work while they are away."""
