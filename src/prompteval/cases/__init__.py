"""Golden cases: JSONL, YAML and CSV, streamed, every problem with its line."""
