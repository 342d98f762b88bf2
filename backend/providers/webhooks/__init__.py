"""Webhooks: what happens to an organisation's orders and listings, told to its programs, signed (Standard Webhooks)."""
