"""The demonstration: its servers, its people, its data, its mailbox. Never part of real use."""
