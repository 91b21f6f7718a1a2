"""Two sides set against each other: sides resolved, cases paired, differences tested."""
