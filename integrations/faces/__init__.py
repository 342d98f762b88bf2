"""The face service: a stateless process of its own that compares frames with a reference and keeps nothing."""
