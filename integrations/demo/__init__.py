"""The first journey, walked by an outside client against a running installation."""
