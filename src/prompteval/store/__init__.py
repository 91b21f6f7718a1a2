"""SQLite: what happened, how it was scored, what was decided; and the cache of replies."""
