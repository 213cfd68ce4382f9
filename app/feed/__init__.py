"""From the event log to subscribers: channels.py carries hints, tail.py reads the log, hub.py hands events out.

What is handed out is in delivery.py, one subscriber's place in subscriber.py, who is to be told in followed.py.
"""
