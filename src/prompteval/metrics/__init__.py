"""Pure functions from labels and floats to numbers; undefined is None with a reason."""
