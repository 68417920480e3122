"""What went to bodies that are not on the portal."""
