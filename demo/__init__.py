"""A synthetic programme to watch: people, cases, catchers on loopback and a time machine."""
