"""Results and cached replies in Postgres, which the machines of a team share."""
