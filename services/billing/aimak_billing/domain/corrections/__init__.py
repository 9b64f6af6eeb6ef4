"""Rules of corrections: what a run covers, what a document may say, what a difference is."""
