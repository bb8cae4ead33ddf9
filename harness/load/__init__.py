"""The load: open-model arrivals, journeys driven without I/O, Locust in a process of its own."""
