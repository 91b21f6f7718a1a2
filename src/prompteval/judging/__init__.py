"""Models as judges: what they are asked, how a text they judge is kept apart, and what they said."""
