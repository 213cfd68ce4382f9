"""Signoff: a human-in-the-loop service. Start reading in app/main.py."""
