"""Billing's queries: plain functions on a unit of work."""
