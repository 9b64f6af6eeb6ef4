"""`python -m aimak_billing`: this service in the servers runtime, under its supervisor."""

from aimak.supervisor.main import main

if __name__ == "__main__":
    main("billing")
