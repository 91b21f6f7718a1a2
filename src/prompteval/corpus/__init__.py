"""Documents, their chunks, and quotes found in them."""
