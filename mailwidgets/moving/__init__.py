"""Settings carried elsewhere: exported, imported, migrated, and proven to be the same."""
