"""Plain HTTP beside GraphQL: health, keys, verification, downloads, callbacks."""
