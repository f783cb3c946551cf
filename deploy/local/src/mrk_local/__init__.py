"""A real Kafka and a real PostgreSQL from packages, for laptops and tests."""
