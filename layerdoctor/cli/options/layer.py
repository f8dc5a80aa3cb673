"""How one layer is constructed and called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeVar

import typer

from layerdoctor import target as targets
from layerdoctor.cli.options.choosing import one_of
from layerdoctor.target import within

if TYPE_CHECKING:
    from layerdoctor.config.settings import Settings
    from layerdoctor.target import Target

Parsed = TypeVar("Parsed")
Texts = list[str]
VALUE = (
    "VALUE is a TOML literal (3, 0.5, true, [2, 2]), a word, @file.npy, array:100,8 "
    "(SHAPE[:DTYPE[:LOW..HIGH]]) or object:module:attr."
)


def _inputs_of(text: str) -> tuple[targets.Input, ...]:
    return targets.arrays_of(targets.parse_input(text))


@dataclass(frozen=True, kw_only=True)
class LayerOptions:
    """How one layer is constructed and called."""

    TITLE: ClassVar[str] = "The layer"

    shape: Annotated[
        Texts, typer.Option(metavar="SHAPE", help="A float32 input, batch first: 10,5.")
    ] = field(default_factory=list)
    inputs: Annotated[
        Texts,
        typer.Option(
            "--input",
            metavar="INPUT",
            help="[NAME=]SHAPE[:DTYPE[:LOW..HIGH]], @file.npy, or @file.npz for all it holds.",
        ),
    ] = field(default_factory=list)
    inputs_as: Annotated[
        str, typer.Option(metavar="HOW", help="auto, positional, list or dict.")
    ] = "auto"
    arg: Annotated[
        Texts, typer.Option(metavar="NAME=VALUE", help=f"Argument of the constructor. {VALUE}")
    ] = field(default_factory=list)
    call: Annotated[Texts, typer.Option(metavar="NAME=VALUE", help="Argument of the call.")] = (
        field(default_factory=list)
    )

    @property
    def says_anything(self) -> bool:
        """Whether any of the options is given."""
        return self != type(self)()

    def target(self, spec: str, settings: Settings) -> Target:
        """Return the target as the options describe it; raises ``BadInput``."""
        from layerdoctor.config.which_layer import spec_of

        spec = spec_of(spec, settings)
        one_of("--inputs-as", self.inputs_as, targets.INPUTS_AS)
        shapes = (_parsed("--shape", targets.parse_shape, text) for text in self.shape)
        given = (item for text in self.inputs for item in _parsed("--input", _inputs_of, text))
        return settings.plain(
            spec,
            inputs=(*(targets.Input(shape=shape) for shape in shapes), *given),
            inputs_as=self.inputs_as,
            args=dict(_parsed("--arg", targets.parse_value, text) for text in self.arg),
            call=dict(_parsed("--call", targets.parse_value, text) for text in self.call),
        )


def _parsed(option: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    with within(option):
        return parse(text)
