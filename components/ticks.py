"""A tick in a table of ours: a button that says whether it is on, for the keyboard and for screen readers."""

from html import escape

from components.tables import Drawn


def tick(pick: str, label: str, *, is_on: bool) -> Drawn:
    """A cell that can be ticked; a click comes back from the table as `pick`. `label` may be foreign text."""
    return Drawn(
        f'<button type="button" role="checkbox" aria-checked="{str(is_on).lower()}" class="rw-tick" '
        f'aria-label="{escape(label)}" data-pick="{escape(pick)}"></button>'
    )
