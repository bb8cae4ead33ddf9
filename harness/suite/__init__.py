"""Many runs as one: repetitions of an experiment, suites, and what two of them differ in."""
