"""The same run on an existing distributed engine: what workers lease of common limits, shards, one merge."""
