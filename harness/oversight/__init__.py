"""What is told to those who oversee: a register of risks, and reports of an incident.

register.yaml + verdicts of recorded runs ──> measured grade beside expert grade
rules.yaml + history of a run ──> incident clock ──> class ──> reports, complete and in time?
"""
