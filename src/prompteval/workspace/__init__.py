"""Settings, discovery, suites, and trees of files: the working tree or a commit."""
