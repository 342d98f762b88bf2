"""Cases that two people apply for together: each proves who they are, each agrees to what is handed in."""
