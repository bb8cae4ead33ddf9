"""Places where a target runs. The engine picks one by its name and imports none."""
