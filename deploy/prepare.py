"""Make the roles and schemas of the servers runtime: for each service one role that owns its tables and one that it
runs as. Reads the addresses from the settings; done again it changes nothing.

    superuser_database              a role that may create roles
    owner_database.<service>        what migrates
    database.<service>              what runs
"""

import psycopg
from aimak.settings import SERVICES, Settings
from aimak.storage import roles
from sqlalchemy import make_url


def main() -> None:
    """Make what is missing."""
    settings = Settings.load()
    superuser = make_url(settings.get("superuser_database")).set(drivername="postgresql")
    with psycopg.connect(superuser.render_as_string(hide_password=False), autocommit=True) as connection:
        for service in SERVICES:
            owner = make_url(settings.get(f"owner_database.{service}"))
            runs = make_url(settings.database(service))
            roles.create(connection, service, str(owner.password), str(runs.password))


if __name__ == "__main__":
    main()
