"""B against A over the same cases: tests, intervals of the difference, the verdict and its power."""
