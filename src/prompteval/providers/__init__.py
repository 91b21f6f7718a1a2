"""Models, and the layers around them."""
