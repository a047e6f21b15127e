"""Guards: who may do what, encryption of identities, personal identity numbers. Knows no database."""
