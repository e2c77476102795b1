"""The palette, defined once, and what derives from it: CSS variables and the Plotly template."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

import streamlit as st

if TYPE_CHECKING:
    import plotly.graph_objects as go

Mode = Literal["light", "dark"]

FONT = "Inter, system-ui, sans-serif"


@dataclass(frozen=True)
class Palette:
    """The colours of one mode. `green` fills, `green_text` writes on a card, `on_green` writes on the fill."""

    canvas: str
    card: str
    line: str
    text: str
    muted: str
    accent: str
    accent_faint: str
    track: str
    notice: str
    notice_line: str
    green: str
    amber: str
    red: str
    unknown: str
    green_text: str
    amber_text: str
    red_text: str
    unknown_text: str
    on_green: str
    on_amber: str
    on_red: str
    on_unknown: str
    series: tuple[str, ...]


# Teal rather than grass green, and an amber much lighter than the red: the three stay apart in hue for
# most readers and in lightness for the others. Every fill stands out from a card, every text can be read on it. Shape
# and word carry the meaning in any case.
LIGHT = Palette(
    canvas="#f5f7f9",
    card="#ffffff",
    line="#dfe4ea",
    text="#17202c",
    muted="#586474",
    accent="#1f4f8f",
    accent_faint="#e8eff8",
    track="#eaeef3",
    notice="#fff7e3",
    notice_line="#eedca6",
    green="#217566",
    amber="#c98500",
    red="#b4352e",
    unknown="#8a95a3",
    green_text="#12705a",
    amber_text="#926400",
    red_text="#b02f28",
    unknown_text="#586474",
    on_green="#ffffff",
    on_amber="#241700",
    on_red="#ffffff",
    on_unknown="#10161d",
    series=("#3567a8", "#a85f26", "#6a5aa8", "#1f7f8e", "#a24d78", "#6b7684"),
)
DARK = Palette(
    canvas="#0e141b",
    card="#171e27",
    line="#2c3744",
    text="#e6ebf1",
    muted="#9dabbb",
    accent="#8fb8ee",
    accent_faint="#1f2c3f",
    track="#263140",
    notice="#2a2413",
    notice_line="#4d4220",
    green="#3f9f8b",
    amber="#e6b450",
    red="#e8756a",
    unknown="#5f6d7e",
    green_text="#4fc0a0",
    amber_text="#e6b450",
    red_text="#f2877c",
    unknown_text="#9dabbb",
    on_green="#06130f",
    on_amber="#1d1500",
    on_red="#1f0503",
    on_unknown="#ffffff",
    series=("#7fabe6", "#e0a070", "#ab9ee6", "#62c0cf", "#de8fb8", "#a0acba"),
)
PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}


def mode() -> Mode:
    """The mode that the reader's browser shows now."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """The palette of the mode that the reader's browser shows now."""
    return PALETTES[mode()]


def css_variables() -> str:
    """Every colour as a CSS variable (`--rw-green-text`), following the mode without a rerun."""
    dark = asdict(DARK)
    pairs = [(name, value) for name, value in asdict(LIGHT).items() if isinstance(value, str)]
    lines = [f"--rw-{name.replace('_', '-')}: light-dark({value}, {dark[name]});" for name, value in pairs]
    # A dialog stands outside of the app.
    return ".stApp, .stDialog {" + " ".join(lines) + "}"


def template(chosen: Mode | None = None) -> go.layout.Template:
    """The Plotly template: our font and colours, no frame, faint horizontal lines only, no legend."""
    import plotly.graph_objects as go

    colors = PALETTES[chosen or mode()]
    axis = {
        "color": colors.muted,
        "gridcolor": colors.line,
        "linecolor": colors.line,
        "zeroline": False,
        "zerolinecolor": colors.line,
        "automargin": True,
        "fixedrange": True,
        "title": {"font": {"size": 12, "color": colors.muted}},
        "tickfont": {"size": 12, "color": colors.muted},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": colors.text},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(colors.series),
            "showlegend": False,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": colors.card,
                "bordercolor": colors.line,
                "font": {"family": FONT, "size": 13, "color": colors.text},
            },
            "xaxis": {**axis, "showgrid": False},
            "yaxis": {**axis, "showgrid": True, "showline": False, "zeroline": True},
        }
    )


# Streamlit repaints itself when the reader or the system changes the mode, but what Python coloured (charts, styled
# tables) waits for the next run: this asks for one, once a change.
_WATCH_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const app = document.querySelector(".stApp")
  const watch = parentElement.rwWatch ??= { asked: null }
  watch.mode = data.mode
  const look = () => {
    const shown = getComputedStyle(app).colorScheme
    document.body.style.colorScheme = shown  // for dialogs, which stand outside of the app
    if (shown === watch.mode || !["light", "dark"].includes(shown)) watch.asked = null
    else if (watch.asked !== shown) { watch.asked = shown; setTriggerValue("changed", shown) }
  }
  look()
  watch.observer?.disconnect()
  watch.observer = new MutationObserver(look)
  watch.observer.observe(app, { attributes: true, attributeFilter: ["class", "style"] })
  return () => watch.observer.disconnect()
}
"""

_WATCH = st.components.v2.component("mode_watch", html="<span></span>", js=_WATCH_JS)


def follow_mode() -> None:
    """Run the page again when the reader's browser changes between light and dark; called once a run, unseen."""
    _WATCH(key="mode-watch", data={"mode": mode()}, on_changed_change=lambda: None)
