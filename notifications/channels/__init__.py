"""The ways out of the house, one package each: email and Microsoft Teams."""
