"""Who answers an alert: a runbook as data, carried out step by step while a run goes on.

borrowers fail ──> alert ──> page ──> decide ──> mend ──> verify
                               └ time is up: what the step says instead
"""
