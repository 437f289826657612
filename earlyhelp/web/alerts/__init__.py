"""Lists of alerts and promises about them, for managers and lead professionals alike."""
