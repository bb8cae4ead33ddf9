"""What must hold: one module an invariant, each a pure function of the history."""
