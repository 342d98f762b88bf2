"""Parts from which the domains declare their items: conditions, fields, steps, statutes, materials."""
