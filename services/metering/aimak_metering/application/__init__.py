"""What metering does: one function for each event, import and command."""
