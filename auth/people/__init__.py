"""People: what their roles let them do today, how they join, and how they leave."""
