"""What every store is: documents, commits and history, whatever they are kept in."""
