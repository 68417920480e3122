"""The rules for documents: graphql-core's and ours, but for those that look for what one does not
hold. They walk through all of it to find that out, which takes a quarter of the time.
"""

from collections.abc import Mapping, Sequence

from graphql import (
    ASTValidationRule,
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    KnownDirectivesRule,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoUndefinedVariablesRule,
    NoUnusedFragmentsRule,
    NoUnusedVariablesRule,
    PossibleFragmentSpreadsRule,
    StreamDirectiveOnListField,
    UniqueDirectivesPerLocationRule,
    UniqueFragmentNamesRule,
    UniqueVariableNamesRule,
    ValuesOfCorrectTypeRule,
    VariablesAreInputTypesRule,
    VariablesInAllowedPositionRule,
    specified_rules,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule

from portal.edge.values import ValuesInWords

Rule = type[ASTValidationRule]
RULES: tuple[Rule, ...] = (
    *(ValuesInWords if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules),
    MaybeNullValidationRule,
)
"""Not Strawberry's rule for one-of inputs: it fails on variables, and graphql-core has its own."""

_LOOKED_FOR: Mapping[str, Sequence[Rule]] = {
    "@": (
        KnownDirectivesRule, UniqueDirectivesPerLocationRule, DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule, DeferStreamDirectiveLabel,
        StreamDirectiveOnListField,
    ),
    "...": (KnownFragmentNamesRule, PossibleFragmentSpreadsRule),
    "fragment": (UniqueFragmentNamesRule, NoUnusedFragmentsRule, NoFragmentCyclesRule),
    "$": (
        UniqueVariableNamesRule, VariablesAreInputTypesRule, NoUndefinedVariablesRule,
        NoUnusedVariablesRule, VariablesInAllowedPositionRule,
    ),
}  # fmt: skip
"""What a document must hold for these rules to find a fault; nothing else can stand for it."""
_SIGN_OF: Mapping[Rule, str] = {rule: sign for sign, rules in _LOOKED_FOR.items() for rule in rules}


def rules_for(text: str) -> Sequence[Rule]:
    """The rules by which this document could have a fault."""
    return [rule for rule in RULES if _SIGN_OF.get(rule, "") in text]
