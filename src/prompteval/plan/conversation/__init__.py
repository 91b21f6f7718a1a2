"""Conversations: which input of a prompt takes what, and who plays the user."""
