"""Logged predictions beside a reference: drift, latency, errors and feedback, in bounded memory."""
