"""Speaks: typed messages without personal data, templates, invitations and channels. Knows no database."""
