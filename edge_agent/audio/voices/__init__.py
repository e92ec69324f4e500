"""Voices: engines that turn words into PCM, each in a child process that is checked."""
