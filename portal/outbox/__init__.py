"""The outbox: what people are told, sent to them by e-mail until it has arrived or is given up."""
