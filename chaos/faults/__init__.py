"""What can go wrong: one kind a module, each a frozen, validated value named FAULT."""
