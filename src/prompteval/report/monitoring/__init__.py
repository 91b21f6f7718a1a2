"""What `monitor check` found, as JSON, tables, Markdown, a page and Prometheus text."""
