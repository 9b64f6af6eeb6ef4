"""Use cases: one function for each event, command and job."""
