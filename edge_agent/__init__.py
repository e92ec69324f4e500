"""The box in the village: five small programs around one store."""
