"""Cases of a region from before it joined: brought in whole, reconciled, and told apart in every figure."""
