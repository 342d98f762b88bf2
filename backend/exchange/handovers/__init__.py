"""转办: who has a case that crosses provinces, whose turn it is, and what each hand signed for."""
