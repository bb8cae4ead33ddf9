"""What is told to those who oversee: a register of risks, and reports of an incident.

register.yaml + verdicts of recorded runs ──> measured grade beside expert grade
"""
