"""The service in process, in virtual time: its factory and stores with a simulated network."""
