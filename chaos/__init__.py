"""The vocabulary: what can go wrong, what must hold, who uses the service; experiments, designs."""
