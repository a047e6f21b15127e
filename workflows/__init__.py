"""Decides: definitions, the machine, calendars, deadlines and ladders. Pure: no clock, no file, no database."""
