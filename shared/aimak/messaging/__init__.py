"""Messages between the services: at-least-once delivery, exactly-once effect."""
