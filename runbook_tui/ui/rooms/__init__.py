"""The six rooms of an incident, a file each."""
