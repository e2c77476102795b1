"""The guard: first in dashboard.py and in every page. It makes sure of the navigation and that the reader may look."""

import getpass
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager


@dataclass(frozen=True)
class Person:
    """Who is looking. `is_verified` is False until somebody signed in."""

    name: str
    is_verified: bool


def guard() -> None:
    """Hand over to dashboard.py where the page was run without it, then check that the reader may see the page.

    A folder named pages/ makes streamlit take a fresh server for the old kind of multi-page app, and run the page's
    file alone, until st.navigation has been called once in that process. The rerun goes through dashboard.py, to the
    same page, with the same query parameters.
    """
    if PagesManager.uses_pages_directory:
        PagesManager.uses_pages_directory = False  # what st.navigation does; it must not run here, without its pages
        st.rerun()
    if not may_see(current_person()):
        st.error("You may not see this page. Ask the PMO for access.")
        st.stop()


def current_person() -> Person:
    """Who is looking: the operating system's user, unverified, until sign-in exists."""
    try:
        return Person(getpass.getuser(), is_verified=False)
    except (KeyError, OSError):
        return Person("unknown", is_verified=False)


def may_see(person: Person) -> bool:
    """Whether this person may see this page: the place of the authorisation check. Everyone may, until sign-in exists.

    Which rows a person may see is not decided here but by the read connection's scope.
    """
    return bool(person.name)
