"""The benchmark of storms: its keys are those promised, and it sees only what is there."""

from benchmarks import storm
from benchmarks.stormed_alertmanager import configuration
from benchmarks.stormed_eyes import FIRING, GROUP, STORM, Sight

PROMISED = {
    "groups",
    "visible_5s",
    "visible_30s",
    "visible_60s",
    "missing",
    "posts",
    "edits",
    "rss_mb",
    "native_visible_5s",
    "native_visible_30s",
    "native_visible_60s",
}
A, B, C = ("Down", "x"), ("Slow", "y"), ("Slow", "z")


def test_every_figure_that_was_promised_has_a_note_and_there_is_no_other():
    assert set(storm.NOTES) == PROMISED
    assert set(storm.Figures(200).flat("")) == PROMISED
    assert all(name.endswith("_1000") for name in storm.Figures(1000).flat("_1000"))


def test_what_the_storm_counts_and_the_list_does_not_reach_is_not_visible_nor_the_other_way():
    assert Sight({A: 1}, {B: 5, C: 5}, counted=9).visible == 3
    assert Sight({A: 1}, {B: 5, C: 5}, counted=1).visible == 2
    assert Sight({A: 1}, {A: 1, B: 5}, counted=2).visible == 2


def test_alerts_of_a_group_that_has_a_card_and_is_listed_count_once():
    assert Sight({A: 2}, {A: 2, B: 5}, counted=2).alerts == 7


def test_groups_are_read_as_both_name_them():
    assert GROUP.search("🔴 APIDown: svc-003 in prod · critical").groups() == ("APIDown", "svc-003")
    assert STORM.search("🔴 Storm: 1,000 alert groups in 40 s").group(1) == "1,000"
    assert FIRING.search("since 14:31 · 10 alerts firing").group(1) == "10"


def test_both_are_told_by_one_receiver():
    document = configuration(webhook_url="http://bot/hook", slack_url="http://slack")

    [receiver] = document["receivers"]
    assert receiver["webhook_configs"][0]["url"] == "http://bot/hook"
    assert receiver["slack_configs"][0]["api_url"] == "http://slack/api/chat.postMessage"
