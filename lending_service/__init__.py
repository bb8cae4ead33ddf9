"""The reference lending service: the system under test, with every defence decided by a Design."""
