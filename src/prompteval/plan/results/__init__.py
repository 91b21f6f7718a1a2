"""Results of a team's own system: read, mapped, and what the metrics of a pipeline need of them."""
