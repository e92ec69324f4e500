"""The back office as people meet it: to-do list, review page, look, words."""
