"""Video tickets: an officer sees person and document over a call, for those who can or will not come."""
