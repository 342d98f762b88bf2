"""Other servers that answer the same requests from the same rows."""
