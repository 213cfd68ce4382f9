"""`signoff demo`: a believable workload on a running service, live, so that its pages can be looked at.

All of it goes through the public API, as anybody's would: workflows open tasks, people have the inbox pushed to them,
think for a while and answer. What it makes is marked: its workflows are named demo-..., its tasks have the label demo,
its keys are named demo-run-...
"""
