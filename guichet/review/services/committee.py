"""The committee: sessions and their agenda."""
