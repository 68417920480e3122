"""Who you are: agencies, people, memberships, roles, API clients and the OAuth server."""
