"""`python -m aimak_metering`: this service in the servers runtime, under its supervisor."""

from aimak.supervisor.main import main

if __name__ == "__main__":
    main("metering")
