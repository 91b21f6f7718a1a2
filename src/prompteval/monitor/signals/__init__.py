"""One module for each signal: a reference's tally and a window's to an effect, its interval and a verdict."""
