"""The background worker: unpacks jobs and calls the services. Start reading in workers/main.py."""
