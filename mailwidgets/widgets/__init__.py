"""The dashboard: forms, checks and the effective table as Jupyter widgets."""
