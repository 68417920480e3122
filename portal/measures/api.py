"""Measures in GraphQL: definitions, an initiative's measures, their figures."""
