"""Evidence: links to what shows that an initiative meets a framework."""
