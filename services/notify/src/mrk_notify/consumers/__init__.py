"""From Kafka into work rows."""
