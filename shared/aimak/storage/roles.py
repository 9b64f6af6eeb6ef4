"""Roles and schema of one service on PostgreSQL: the owner migrates, the service reads and writes what it is given."""

from __future__ import annotations

from psycopg import Connection, sql


def owner_role(service: str) -> str:
    """The role that owns a service's schema and tables."""
    return f"aimak_{service}_owner"


def service_role(service: str) -> str:
    """The role that a service runs as; it owns nothing, so that it cannot take a guard away."""
    return f"aimak_{service}"


def create(connection: Connection, service: str, owner_password: str, service_password: str) -> None:
    """Make the two roles and the schema, named as the service, in the connection's database. What is there stays,
    its passwords become these. The connection's role may create roles and schemas."""
    owner, user = owner_role(service), service_role(service)
    schema = sql.Identifier(service)
    for role, password in ((owner, owner_password), (user, service_password)):
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
        verb = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(verb.format(sql.Identifier(role), sql.Literal(password)))
        connection.execute(sql.SQL("ALTER ROLE {} SET search_path = {}").format(sql.Identifier(role), schema))
    names = {"owner": sql.Identifier(owner), "user": sql.Identifier(user), "schema": schema}
    for statement in (
        "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner}",
        "GRANT USAGE ON SCHEMA {schema} TO {user}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {user}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {user}",
    ):
        connection.execute(sql.SQL(statement).format(**names))
