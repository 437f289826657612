"""What each verb may be told, by subject. Imports nothing that takes time to load."""
