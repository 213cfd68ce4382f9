"""Floors: the least that must be done for the same outcome, with nothing of what Signoff adds."""
