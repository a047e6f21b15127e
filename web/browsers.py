"""Which family of browsers calls: enough to know one's own sessions by, and no more."""

_FAMILIES = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


def browser_of(agent: str) -> str:
    """Return the family that a User-Agent header tells; "" for another one."""
    return next((family for mark, family in _FAMILIES if f"{mark}/" in agent), "")
