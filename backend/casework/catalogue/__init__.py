"""National standards plus regional editions make the item that a citizen sees."""
