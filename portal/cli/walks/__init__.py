"""What people do with the portal from end to end, as programs of theirs ask a running demo."""
