"""Acting for others (代办): grants that a person or an organ accepted, with a scope and an end."""
