"""Long proofs and figures: what ``make bench`` runs, each as a ratio inside one run where it compares."""
