"""Joint initiatives: a lead, its partners, where and when, and how far it has come."""
