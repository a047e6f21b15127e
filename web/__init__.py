"""Shows: pages and, later, the REST API. A door: looks up, calls the engine, returns."""
