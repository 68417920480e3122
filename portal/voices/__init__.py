"""Voices: what people say about an initiative, and what survivors were asked and said."""
