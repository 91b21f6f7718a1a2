"""`--stop-early`: cases in a seeded order, looks at what is complete, and an end once all is decided."""
