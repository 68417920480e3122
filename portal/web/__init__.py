"""Pages: each runs one named document of the contract and renders one template."""
