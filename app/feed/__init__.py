"""From the event log to subscribers: channels.py carries hints, tail.py reads the log, hub.py hands events out."""
