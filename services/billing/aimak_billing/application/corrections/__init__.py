"""Corrections: documents and their approval, cancelling, billing anew."""
