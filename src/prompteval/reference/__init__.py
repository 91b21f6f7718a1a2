"""What every name is that a user may write: keys, scorers, metrics, gate rules, models, codes."""
