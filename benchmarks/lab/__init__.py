"""Where benchmarks of the whole API are run: one database, servers side by side, load from outside."""
