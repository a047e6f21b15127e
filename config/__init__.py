"""Informs: typed settings from the environment and logging. Read by the front door alone."""
