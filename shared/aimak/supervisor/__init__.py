"""The servers runtime of one service: a supervisor and its children, started as `python -m aimak_<service>`."""
