"""Case numbers (申办流水号): task code, day and a serial; unique under concurrency, never lost."""
