"""Early warning: detectors fed with what a service shows, scored on recorded runs."""
