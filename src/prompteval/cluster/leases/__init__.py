"""Limits that many workers share: a ledger leases them in blocks, and each worker spends its own.

Pure: times are arguments, and nothing here waits, sends or stores.
"""
