"""What can be wrong with a database."""

from workflows.errors import BevakaError


class SchemaError(BevakaError):
    """The database has another schema than this program."""

    def __init__(self, found: str | None, wanted: str) -> None:
        self.found = found
        self.wanted = wanted
        super().__init__(
            f"the database has schema {found or 'none'}, this program needs {wanted}: run `bevaka migrate`"
        )
