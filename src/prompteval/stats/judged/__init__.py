"""What a judge is worth, and what its judgements say once some of them are checked by people."""
