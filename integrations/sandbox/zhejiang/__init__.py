"""Plays Zhejiang's platform: takes signed cases, decides them, and says so in signed callbacks."""
