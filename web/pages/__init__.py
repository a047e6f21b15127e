"""The pages: each module looks up, calls the engine and returns."""
