"""The rows of the fault matrix, one small file for each family."""
