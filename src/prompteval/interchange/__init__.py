"""Other tools' formats read into cases, suites and recorded outputs; what is not carried over is listed."""
