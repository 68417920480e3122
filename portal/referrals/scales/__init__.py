"""What risk tools' scores mean, by area and date; two people change it."""
