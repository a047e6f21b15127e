"""Counts: KPIs and report documents, each figure a list of cases."""
