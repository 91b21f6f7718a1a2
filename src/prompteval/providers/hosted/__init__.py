"""What all models behind a server have in common: one call is one attempt, in one body or as a stream."""
