"""Rows, transactions, jobs and short-lived shared state; nothing of the business."""
