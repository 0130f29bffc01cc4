"""MassSender beside the task queues that one would build it on, in one run: `make bench-peers`."""
