"""A page whose answer takes longer."""

import time

import streamlit as st

from components import frame

st.set_page_config(layout="wide")
frame.style()
with frame.loading("Rebuilding what was known at publication 3"):
    time.sleep(4)
frame.header("It is there")
