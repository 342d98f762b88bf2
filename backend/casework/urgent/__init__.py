"""The urgent path (先行救助): help first, papers within working days, and what was paid back where they never come."""
