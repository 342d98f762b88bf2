"""跨省通办: cases leave for the province that decides, and its word comes back."""
