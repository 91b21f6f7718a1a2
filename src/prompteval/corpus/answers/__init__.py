"""What an answer says sentence by sentence, and which passages each sentence cites."""
