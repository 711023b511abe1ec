"""What is published and how it is checked: pure but for the mirror."""
