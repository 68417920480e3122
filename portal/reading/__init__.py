"""Reading: a GraphQL selection becomes one SQL statement that returns the response's bytes."""
