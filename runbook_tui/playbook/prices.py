"""The price table: what a model's tokens cost, as of a date."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Annotated, Final

from pydantic import Field, PrivateAttr, StringConstraints

from runbook_tui.playbook.fields import Glob, Strict

_DATED: Final = re.compile(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2}|\d{4})$")
_MILLION: Final = 1_000_000

Amount = Annotated[float, Field(ge=0)]


class ModelPrice(Strict):
    """What the models whose name matches cost."""

    match: Glob = Field(
        description="A model name without its date, or a glob such as `gpt-4.1-mini*`. First wins."
    )
    input: Amount = Field(description="US dollars for a million input tokens.")
    output: Amount = Field(description="US dollars for a million output tokens.")


class Prices(Strict):
    """Prices as they were listed on a day. A model that is not here costs an unknown amount, not nothing."""

    as_of: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")] = Field(
        description="The day the prices were looked up, quoted."
    )
    models: tuple[ModelPrice, ...] = Field(description="The models; first match wins.")
    _found: dict[str, ModelPrice | None] = PrivateAttr(default_factory=dict)

    def cost(self, model: str | None, input_tokens: int | None, output_tokens: int | None) -> float | None:
        """US dollars for these tokens; None when the model or a count is unknown.

        A name is tried as recorded, without its date, and without the provider before a slash.
        """
        if model is None or input_tokens is None or output_tokens is None:
            return None
        found = self._found  # asked for once: pydantic takes long over a private attribute
        if model not in found:
            found[model] = self._price(model)
        price = found[model]
        if price is None:
            return None
        return (input_tokens * price.input + output_tokens * price.output) / _MILLION

    def _price(self, model: str) -> ModelPrice | None:
        name = model[:256].lower()
        bare = name.rsplit("/", 1)[-1]
        spellings = dict.fromkeys((name, bare, _DATED.sub("", bare)))
        found = (price for price in self.models if any(fnmatchcase(text, price.match) for text in spellings))
        return next(found, None)
