"""The root of every error Bevaka raises on purpose. One class per cause; the facts are attributes."""


class BevakaError(Exception):
    """Something Bevaka can explain. The command line and the web translate it in one place each."""
