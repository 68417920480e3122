"""Which modules of the FAPI 2.0 list have nothing to look at here, and why."""

INAPPLICABLE = {
    "FAPI2SPFinalEnsureServerHandlesNonMatchingIntentId": (
        "intent ids belong to national banking profiles; the portal has none"
    ),
}
