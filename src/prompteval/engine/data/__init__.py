"""What the verbs of `data` do: check, split and mask files."""
