"""Cases (办件): from the first draft to the end, with their timeline."""
