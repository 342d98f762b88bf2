"""Online meets offline: a window officer and the citizen before them work on the citizen's own case."""
