"""Keeping the store: proving that it is sound, copying it, putting it by and bringing it back."""
