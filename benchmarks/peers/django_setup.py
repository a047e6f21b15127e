"""Django's settings, in code: what its two peers need and no more."""

from typing import Any

import django
from django.conf import settings
from sqlalchemy import make_url


def configure(url: str, *apps: str) -> None:
    """Set Django up on a PostgreSQL database, the tables of `tables.sql` on its search path."""
    parts = make_url(url)
    database: dict[str, Any] = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.database,
        "USER": parts.username,
        "HOST": parts.query["host"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c search_path=peers,public"},
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *apps],
        USE_TZ=True,
        TIME_ZONE="UTC",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="only for benchmarks",  # noqa: S106 - it guards nothing
        ROOT_URLCONF="benchmarks.peers.django_setup",
    )
    django.setup()


urlpatterns: list[Any] = []
