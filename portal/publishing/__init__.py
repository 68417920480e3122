"""Publishing: the contract in graphql/ is written from the code, and compared with it."""
