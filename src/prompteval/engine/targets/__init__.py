"""What a suite runs: a prompt with a model, recorded outputs, a function, an endpoint."""
