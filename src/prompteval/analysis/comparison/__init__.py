"""One entry against another, paired by case."""
