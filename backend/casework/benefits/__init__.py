"""What was granted is given until it ends: the ending is an event of the case that granted it."""
