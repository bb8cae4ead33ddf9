"""The mechanism of the chaos harness: it knows no fault by name and no rule of lending."""
