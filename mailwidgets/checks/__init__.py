"""Is it true? One connection and one ladder of steps per check."""
