"""What somebody who writes documents looks up: the words that there are, and what each takes."""
