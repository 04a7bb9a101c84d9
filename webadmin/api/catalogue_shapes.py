"""The shapes of the catalogue of products: what is shown, what a file would change, what is changed."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from .shapes import Moment, Money, Page, Shape, Words

LONGEST_FILE = 4_000_000  # characters


class Product(Shape):
    """What can be ordered."""

    sku: str = Field(description="The business's own name for it.", examples=["NB-A4"])
    code: str | None = Field(description="The short number that customers may type.")
    unit: str = Field(description="What is counted.", json_schema_extra={"enum": ["pcs", "pack", "kg"]})
    pack: str | None = Field(description="What is in one, as written.", examples=["250 g"])
    price: Money | None = Field(description="For one unit; null: a person says.")
    max_auto: str = Field(description="The largest quantity that is taken without a person.", examples=["50"])
    stock: str | None = Field(description="A hint.", json_schema_extra={"enum": ["in", "low", "out", None]})
    valid_from: Moment | None = Field(description="Not to be had before.")
    valid_to: Moment | None = Field(description="Not to be had from this moment on.")
    active: bool = Field(description="Whether it is sold; what is not stays because orders name it.")
    names: dict[str, str] = Field(description="Its names by language tag; the empty tag is any language.")
    aliases: dict[str, list[str]] = Field(description="What else it is called, by language tag.")
    changed_at: Moment = Field(description="When it was changed last.")


class NewProduct(Shape):
    """A product as it is to be: what is left out is empty, or what is usual."""

    code: Words | None = Field(None, max_length=20, description="The short number that customers may type.")
    unit: Literal["pcs", "pack", "kg"] = Field("pcs", description="What is counted.")
    pack: Words | None = Field(None, max_length=20, description="What is in one, as written.", examples=["250 g"])
    price: Money | None = Field(None, description="For one unit; null: a person says.")
    max_auto: Words = Field("50", max_length=20, description="The largest quantity that is taken without a person.")
    stock: Literal["in", "low", "out"] | None = Field(None, description="A hint.")
    valid_from: Moment | None = Field(None, description="Not to be had before.")
    valid_to: Moment | None = Field(None, description="Not to be had from this moment on.")
    names: dict[Words, Words] = Field(
        {}, max_length=40, description="Its names by language tag; the empty tag is any language.",
        examples=[{"en": "A4 notebook", "sl": "zvezek A4"}],
    )  # fmt: skip
    aliases: dict[Words, list[Words]] = Field(
        {}, max_length=40, description="What else it is called; what a person taught stays beside these."
    )


class WhichAlias(Shape):
    """Which words of a product."""

    words: Words = Field(min_length=1, max_length=120, description="The words.")
    language: Words = Field("", max_length=12, description="Their language tag; empty for any language.")


class ProductPage(Page):
    """Products, by sku."""

    version: int = Field(description="The version of the catalogue; it grows with every change.")
    data: list[Product] = Field(description="The products.")


class ProductFilter(Shape):
    """Which products to list."""

    limit: int = Field(100, ge=1, le=1000, description="How many at most.")
    cursor: Words | None = Field(None, max_length=200, description="Where to go on: the next_cursor of a page.")
    inactive: Literal["yes", "no"] = Field("no", description="yes: also what is sold no more.")


class CatalogueFile(Shape):
    """A catalogue as a CSV file, and how it is meant."""

    csv: Words = Field(
        max_length=LONGEST_FILE,
        description="The file: a heading with sku, code, unit, pack, price, currency, max_auto, stock, valid_from, "
        "valid_to, name_xx, aliases_xx (several separated by |), and a line for each product.",
        examples=["sku,price,currency,name_en\nNB-A4,2.90,EUR,A4 notebook\n"],
    )
    keep: bool = Field(False, description="true: products that the file leaves out stay as they are.")


class CatalogueImport(CatalogueFile):
    """The second step of an import."""

    version: int | None = Field(
        None, ge=0, description="The version that the differences were shown for; refused when it is another one."
    )
    despite: bool = Field(False, description="true: wrong lines are left out; by default one stops everything.")


class InvalidLine(Shape):
    """A line of a file that cannot be used."""

    line: int = Field(description="Its number in the file.")
    sku: str = Field(description="Its sku, as far as it has one.")
    column: str = Field(description="The column that is wrong; empty for the whole line.")
    code: str = Field(description="What is wrong, for programs.")
    why: str = Field(description="What is wrong, in words.")


class ChangedProduct(Shape):
    """A product that a file tells otherwise."""

    sku: str = Field(description="Its sku.")
    fields: dict[str, list[Any]] = Field(description="Each field that differs: what it was, and what it would be.")


class Differences(Shape):
    """What a file would change, or has changed."""

    version: int = Field(description="The version of the catalogue that it was compared with.")
    applied: bool = Field(description="Whether it was changed.")
    new: list[str] = Field(description="The skus that are new.")
    changed: list[ChangedProduct] = Field(description="What is told otherwise.")
    gone: list[str] = Field(description="The skus that the file leaves out: they are sold no more.")
    same: int = Field(description="How many products stay as they are.")
    invalid: list[InvalidLine] = Field(description="The lines that cannot be used.")


class CatalogueCsv(Shape):
    """The catalogue as a CSV file."""

    csv: str = Field(description="The file, as an import reads it.")


class NewAlias(Shape):
    """Words that shall mean a product from now on."""

    words: Words = Field(min_length=1, max_length=120, description="The words.", examples=["papirčki"])
    language: Words = Field("", max_length=12, description="A language tag; empty for any language.")
