"""Bevaka's front door: command line, process entry points, wiring. The only package that reads settings."""

from bevaka.guard import refuse_foreign_packages

__version__ = "0.1.0"

refuse_foreign_packages()
