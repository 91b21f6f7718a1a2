"""Personal data in text: patterns with check digits, as spans, and masked by stable pseudonyms. No I/O."""
