"""The store: engines, transactions, caller context, row rules, migrations, the embedded server."""
