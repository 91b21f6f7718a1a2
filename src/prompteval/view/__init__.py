"""The page of stored and running runs, served on loopback to whoever has the token."""
