"""Work of some seconds that no page waits for: a thread of the server that tells how far it is and can be stopped."""

import threading
import time
from collections.abc import Callable
from html import escape
from typing import Generic, TypeVar

import streamlit as st

T = TypeVar("T")
Stop = Callable[[], bool]
Say = Callable[[str], None]

LOOK_EVERY = 0.4  # seconds
AT_ONCE = 0.8  # seconds that a page waits for work before it shows how far it is
_TURN = threading.Semaphore(1)  # one at a time: the machine is shared with everybody's pages


class Run(Generic[T]):
    """Work that began. `work` is called with what says whether it is to stop, and with what hears how far it is.

    `is_over` is set once `result` is there (or `error`); `words` say how far it is, `share` how much of its time is
    gone.
    """

    def __init__(self, work: Callable[[Stop, Say], T], seconds: float) -> None:
        self.result: T | None = None
        self.error: Exception | None = None
        self.words = "Waiting for its turn"
        self._seconds, self._begun = seconds, time.monotonic()
        self._since = self._begun
        self._stopped, self._over = threading.Event(), threading.Event()
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Stop, Say], T]) -> None:
        try:
            while not _TURN.acquire(timeout=0.1):
                if self._stopped.is_set():
                    return
            try:
                self._since, self.words = time.monotonic(), "Looking"
                self.result = work(self._stopped.is_set, self._said)
            finally:
                _TURN.release()
        except Exception as error:  # told to whoever follows
            self.error = error
        finally:
            self._over.set()

    def _said(self, words: str) -> None:
        self.words = words

    @property
    def is_over(self) -> bool:
        """Whether it ended, stopped or not."""
        return self._over.is_set()

    @property
    def share(self) -> float:
        """How much of its time is gone, 0 to 1."""
        return min((time.monotonic() - self._since) / self._seconds, 1.0)

    def is_over_soon(self) -> bool:
        """Whether it is over; one that has just begun is given a moment, so that what is quick needs no second look."""
        return self._over.wait(max(AT_ONCE - (time.monotonic() - self._begun), 0))

    def stop(self) -> None:
        """Ask it to stop with the best that it has."""
        self._stopped.set()


def follow(run: Run[T], name: str) -> None:
    """Show how far it is, until it ends; the page is then run again, and can be used meanwhile."""
    _progress(run, name)


@st.fragment(run_every=LOOK_EVERY)
def _progress(run: Run[T], name: str) -> None:
    if run.is_over:
        st.rerun()
    words, done = escape(run.words), round(100 * run.share)
    with st.container(key=name, horizontal=True, vertical_alignment="center"):
        st.html(
            f'<div class="rw-progress" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{done}" '
            f'aria-label="{words}"><div class="rw-progress-words"><span>{words}</span></div>'
            f'<div class="rw-progress-track"><div style="width: {done}%"></div></div></div>'
        )
        st.button("Stop with the best so far", key=f"stop-{name}", on_click=run.stop)
