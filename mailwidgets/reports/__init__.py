"""What a check found: steps, findings, and what every fault means; frozen values, no I/O."""
