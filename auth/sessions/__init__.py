"""Browser sessions: who is signed in, how sure we are of it, and as which membership they act."""
