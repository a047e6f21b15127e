"""Every door of the house, listed from the house itself: the routes of its pages and its API, its commands."""

from collections.abc import Iterable, Iterator
from typing import Any

import typer
from fastapi import FastAPI
from fastapi.routing import APIRoute

from bevaka.__main__ import build


def routes_of(app: FastAPI) -> list[str]:
    """Return every route as "METHOD path", pages and API alike."""
    return [f"{method} {route.path}" for route in _leaves(app.routes) for method in sorted(route.methods or ())]


def _leaves(routes: Iterable[Any]) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):  # how FastAPI keeps a router that was included
            yield from _leaves(route.original_router.routes)


def commands() -> list[str]:
    """Return every command by its words: "cases show"."""
    return list(_commands(typer.main.get_command(build([])), ()))


def _commands(command: Any, words: tuple[str, ...]) -> Iterator[str]:
    for name, inner in sorted(getattr(command, "commands", {}).items()):
        if hasattr(inner, "commands"):
            yield from _commands(inner, (*words, name))
        else:
            yield " ".join((*words, name))
