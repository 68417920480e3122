"""What is disclosed because it cannot wait for an agreement, and who reviews it."""
