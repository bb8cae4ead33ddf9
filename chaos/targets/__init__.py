"""Systems under test, as the harness knows them: one TARGET a module."""
