"""Tests of the tester: every planted defect is caught, a good design raises no alarm."""
