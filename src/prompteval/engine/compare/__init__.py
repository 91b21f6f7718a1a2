"""One run, version or commit against another, paired by case."""
