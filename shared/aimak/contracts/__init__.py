"""What crosses the wire: one module per publisher, its events and answers, versioned."""
