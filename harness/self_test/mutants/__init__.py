"""Systematic mistakes: a service with one small mistake at a time, and what sees it."""
