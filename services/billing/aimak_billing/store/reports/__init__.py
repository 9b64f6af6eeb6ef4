"""Queries behind reports: sums over the whole ledger, in columns."""
