"""The yardstick: one file of pandas and Plotly Express, as one would write it in an afternoon.

It shows what our Overview shows, from the same exports, whose folder is in BENCH_EXPORTS.
"""

import os
from pathlib import Path

import pandas as pd
import plotly.express as px
import streamlit as st

EXPORTS = Path(os.environ["BENCH_EXPORTS"])
COLORS = {"green": "#2e8b57", "amber": "#f0a30a", "red": "#c0392b", "unknown": "#bdc3c7"}
STATUS_COLUMNS = [
    "project_id",
    "status_date",
    "reported_health",
    "forecast_finish",
    "actual_finish",
    "earned_value",
    "actual_cost",
    "forecast_cost",
]


@st.cache_data(show_spinner="Reading the exports ...")
def load() -> tuple[pd.DataFrame, pd.DataFrame]:
    projects = pd.read_csv(EXPORTS / "projects.csv", parse_dates=["stage_from", "baseline_start", "baseline_finish"])
    programs = pd.read_csv(EXPORTS / "programs.csv", usecols=["program_id", "program_name"])
    projects = projects.merge(programs, on="program_id", how="left")
    status = pd.read_csv(
        EXPORTS / "status.csv",
        usecols=STATUS_COLUMNS,
        parse_dates=["status_date", "forecast_finish", "actual_finish"],
    )
    return projects, status.sort_values("status_date")


def judge(reports: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Join reports with their projects, and rate schedule and cost; `day` is the review date of each."""
    frame = reports.merge(projects, on="project_id")
    ended = frame["actual_finish"] <= frame["day"]
    stage = frame["stage"].where(frame["stage_from"] <= frame["day"], "active")
    frame = frame[stage.isin(["approved", "active", "on hold"]) & ~(ended & (stage == "active"))].copy()
    late = frame["forecast_finish"].where(frame["forecast_finish"] > frame["day"], frame["day"])
    late = late.where(frame["forecast_finish"].notna())
    planned = (frame["baseline_finish"] - frame["baseline_start"]).dt.days
    frame["finish"] = late
    frame["slip_days"] = (late - frame["baseline_finish"]).dt.days
    frame["slip"] = frame["slip_days"] / planned.where(planned > 0)
    by_value = frame["budget"] * frame["actual_cost"] / frame["earned_value"].where(frame["earned_value"] > 0)
    frame["forecast"] = frame["forecast_cost"].fillna(by_value)
    frame["overrun"] = (frame["forecast"] / frame["budget"] - 1).round(9)
    for name, share in (("schedule", frame["slip"]), ("cost", frame["overrun"])):
        colors = pd.Series("green", index=frame.index)
        colors = colors.mask(share >= 0.1, "amber").mask(share >= 0.3, "red")
        frame[name] = colors.where(share.notna(), "unknown")
    rank = {"unknown": 0, "green": 1, "amber": 2, "red": 3}
    worst = frame[["schedule", "cost"]].replace(rank).astype(int).max(axis=1)
    frame["computed"] = worst.map({number: name for name, number in rank.items()})
    frame["reported"] = frame["reported_health"].fillna("unknown")
    return frame


def snapshot(day: pd.Timestamp) -> pd.DataFrame:
    """The live projects of the chosen portfolio with their latest report on a review date."""
    latest = status[status["status_date"] <= day].drop_duplicates("project_id", keep="last")
    return judge(latest.assign(day=day), chosen_projects)


def money(amount: float) -> str:
    return f"${amount / 1e6:,.1f} M"


st.set_page_config("Portfolio", layout="wide")
projects, status = load()

days = status["status_date"].drop_duplicates().sort_values(ascending=False)
day = st.sidebar.selectbox("Review date", days, format_func=lambda d: f"{d:%d %b %Y}")
portfolios = sorted(projects["portfolio"].dropna().unique())
portfolio = st.sidebar.selectbox("Portfolio", ["All portfolios", *portfolios])
chosen_projects = projects if portfolio == "All portfolios" else projects[projects["portfolio"] == portfolio]

now = snapshot(day)
before = snapshot(day - pd.Timedelta(weeks=1))
melons = (now["reported"] == "green") & (now["computed"] == "red")
melons_before = (before["reported"] == "green") & (before["computed"] == "red")
red = now["computed"] == "red"

st.title(f"{red.sum():,} of {len(now):,} live projects are computed red")
one, two, three, four = st.columns(4)
one.metric("Live projects", f"{len(now):,}", len(now) - len(before))
forecast = now.loc[now["budget"].notna(), "forecast"].sum()
forecast_before = before.loc[before["budget"].notna(), "forecast"].sum()
two.metric("Forecast", money(forecast), money(forecast - forecast_before), "inverse")
spent = now["actual_cost"].sum()
three.metric("Spent", money(spent), money(spent - before["actual_cost"].sum()))
four.metric("Reported green, computed red", int(melons.sum()), int(melons.sum() - melons_before.sum()), "inverse")

long = now.melt(["project_id", "budget"], ["reported", "computed", "schedule", "cost"], "dimension", "health")
sums = long.groupby(["dimension", "health"]).agg(projects=("project_id", "size"), budget=("budget", "sum"))
sums = sums.reset_index()
looks = {"color": "health", "orientation": "h", "color_discrete_map": COLORS}
left, right = st.columns(2)
left.plotly_chart(px.bar(sums, x="projects", y="dimension", title="Health by number of projects", **looks))
both = sums[sums["dimension"].isin(["reported", "computed"])]
right.plotly_chart(px.bar(both, x="budget", y="dimension", title="Health by budget", **looks))

weeks = pd.DataFrame({"day": pd.date_range(end=day, periods=27, freq="7D")})
grid = weeks.merge(chosen_projects[["project_id"]], how="cross")
held = pd.merge_asof(grid, status, left_on="day", right_on="status_date", by="project_id")
weekly = judge(held.dropna(subset="status_date"), chosen_projects)
shares = weekly.groupby("day")["computed"].value_counts(normalize=True).rename("share").reset_index()
st.plotly_chart(
    px.line(shares, x="day", y="share", color="computed", title="Computed health", color_discrete_map=COLORS)
)

st.subheader("What needs attention")
listed = now[red | (now["reported"] == "red") | (now["day"] - now["status_date"] > pd.Timedelta(days=14))]
top = listed.nlargest(10, "budget")
st.dataframe(
    pd.DataFrame(
        {
            "Project": top["project_name"],
            "Program": top["program_name"],
            "Reported": top["reported"],
            "Computed": top["computed"],
            "At stake": top["budget"],
            "Slip, days": top["slip_days"],
            "Overrun": top["overrun"],
        }
    ),
    hide_index=True,
)

st.subheader("Programs")
now["red_budget"] = now["budget"].where(red, 0)
by_program = now.groupby("program_name").agg(
    live=("project_id", "size"),
    budget=("budget", "sum"),
    red_budget=("red_budget", "sum"),
    forecast=("forecast", "sum"),
    finish=("finish", "max"),
    planned_finish=("baseline_finish", "max"),
    last_report=("status_date", "min"),
)
by_program["in_red"] = by_program["red_budget"] / by_program["budget"]
by_program["slip_days"] = (by_program["finish"] - by_program["planned_finish"]).dt.days
st.dataframe(by_program.sort_values("red_budget", ascending=False))
