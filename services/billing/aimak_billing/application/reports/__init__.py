"""Reports over the ledger: turnover, ageing, postings, statements."""
