"""Appointments: places with hours and capacity, bookings that never exceed it, and who really came."""
