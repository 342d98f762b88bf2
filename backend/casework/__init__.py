"""The machine that every domain shares: items, forms, cases, legal time, results."""
