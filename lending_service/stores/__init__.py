"""Where the service keeps its records: the store port, in memory, in PostgreSQL."""
