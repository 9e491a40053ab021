"""The mechanisms that ship, one file each. A new file here is found without any other edit."""
