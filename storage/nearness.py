"""What is stored of who may come near a person: whether her identity is protected."""

from sqlalchemy import Connection, select

from storage.tables import person


def is_protected(connection: Connection, person_id: str) -> bool:
    """Say whether a person has a protected identity (skyddade personuppgifter); where nobody has said yet: yes."""
    return connection.execute(select(person.c.protected).where(person.c.id == person_id)).scalar() is not False
