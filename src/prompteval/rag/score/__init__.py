"""What each stage of a retrieval pipeline is worth on one case, and why a question failed."""
