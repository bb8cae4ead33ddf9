"""Stand-ins for third parties, each a program of its own that holds the truth about money."""
