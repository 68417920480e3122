"""Programs: an agency's API clients, as its administrators let them in, change and end them."""
