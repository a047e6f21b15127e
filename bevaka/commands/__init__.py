"""The commands, one module for each thing an operator works with. Each looks up, calls the engine, and prints."""
