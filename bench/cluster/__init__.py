"""A real MQTT cluster: aedes nodes on one Redis, and the real hub and boxes on it."""
