"""The speed comparison: ours and theirs in turn, every measurement a process of its own."""
