"""Checks and splits of data sets: duplicates, leakage, labels, personal data; transforms fitted on train."""
