"""What a repository has to do with language models, read and never run: prompts, models, keys, artifacts."""
