"""The only place with concurrency: plans, targets, the runner, resume, decisions over stored rows."""
