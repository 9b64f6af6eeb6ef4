"""`python -m aimak_listener`."""

from aimak.supervisor.main import main

if __name__ == "__main__":
    main("listener")
