"""Emergencies: composed by one officer of county or town, released by a second."""
