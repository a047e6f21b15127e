"""The command line in the process of a test."""

from collections.abc import Callable

# Takes the words after `bevaka`; gives the status, the answer and what was said beside.
Command = Callable[..., tuple[int, str, str]]
