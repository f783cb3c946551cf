"""A real Kafka and a real PostgreSQL from Python packages, for laptops and tests.

No Docker, no installed Java and no installed PostgreSQL are needed. Everything listens on
127.0.0.1 alone. Import the parts from their modules: `mrk_local.kafka`, `mrk_local.postgres`,
`mrk_local.ports`.
"""
