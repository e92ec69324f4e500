"""The broker: Mosquitto as the hub's supervised child, with credentials for every box."""
