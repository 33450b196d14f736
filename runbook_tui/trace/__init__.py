"""Values of the domain: spans, steps, sessions, findings. Frozen, without I/O."""
