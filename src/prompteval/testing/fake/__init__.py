"""The parts of the fake model server."""
