"""One module a subcommand: `main(arguments) -> exit code`. Imported when its command is asked for."""
