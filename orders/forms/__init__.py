"""What people type and tick, checked before anything is done with it."""
