"""RabbitMQ under nameko and kombu: topology, publishing with confirms, one entrypoint, retry rungs, dead letters."""
