"""Feature switches: what is turned off in a region, for one item or for all."""
