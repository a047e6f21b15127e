"""Keeps: tables, queries and migrations; one code path for PostgreSQL and SQLite."""
