"""Where the API contract lies: inside the installed package, or in the checkout."""

from pathlib import Path


def contract_path() -> Path:
    """The folder with schema.graphql and operations/."""
    here = Path(__file__).parent
    for folder in (here / "_contract", here.parent / "graphql"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        "The API contract is missing: neither portal/_contract nor graphql/ is there."
    )
