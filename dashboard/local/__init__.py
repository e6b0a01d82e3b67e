"""What a bare checkout runs on: a Postgres of its own, secrets, and the launcher behind `make run`."""
