"""Reads: files that others send (CSV, XLSX) into typed rows, naming every bad cell. Knows no database."""
