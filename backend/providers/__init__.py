"""Third parties and social resources: organisations, what they offer, orders, and the programs that act for them."""
