"""One worker process with a deadline, for what may hang: templates, regular expressions."""
