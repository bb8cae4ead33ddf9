"""The command line: one module a verb. stdout is the result, stderr the progress."""
