"""The command line: parse, call, print. One file for each verb or group of verbs."""
