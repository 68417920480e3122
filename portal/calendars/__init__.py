"""How long things may take: limits in hours, days and months, and the days that do not count."""
