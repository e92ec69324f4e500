"""The subcommands of ``village-hub``: their arguments, and what each hands them to."""
