"""Billing's use cases: one function for each command or event, one transaction each."""
