"""What is decided and by which rule. Values in, values out: no I/O, no await, no clock, no randomness."""
