"""Suite files to jobs: targets, scorers, metrics and gates resolved and checked, cases scanned."""
