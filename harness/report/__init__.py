"""From a result to what people and machines read. Pure functions of the result."""
