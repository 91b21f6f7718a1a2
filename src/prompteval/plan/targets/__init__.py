"""What a suite runs, resolved: a prompt, recorded outputs, a function, an endpoint."""
