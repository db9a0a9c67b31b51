"""The command line's commands, a thin surface over ``Servers``."""
