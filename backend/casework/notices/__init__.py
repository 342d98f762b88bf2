"""Telling the citizen what happened to their case (通知): an inbox, and messages that point to it."""
