"""Services and places: listed in versions, found near somebody, by name, need and price."""
