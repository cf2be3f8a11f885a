import pytest

from bot.domain.verification import (
    NAMES,
    Check,
    Level,
    Remark,
    ScanPolicy,
    blocking,
    counted,
    judged_scan,
    never_scanned,
    spoken,
    together,
    unanswered,
)

WARNS = ScanPolicy()
REFUSES = ScanPolicy(block=("CRITICAL",), warn=("HIGH",))
SILENT = ScanPolicy(block=(), warn=())


def a_check(level=Level.OK, **said):
    return Check(**{"name": "roles", "level": level, "text": "It is so.", **said})


def test_the_checks_are_read_in_one_order():
    assert NAMES == (
        "image",
        "platform",
        "scan",
        "roles",
        "secrets",
        "log group",
        "cluster",
        "targets",
        "autoscaling",
    )


def test_only_what_blocks_forbids_the_deploy():
    refused = a_check(Level.BLOCK)
    assert blocking([a_check(), a_check(Level.WARN), a_check(Level.UNKNOWN), refused]) == (refused,)


def test_a_finding_is_spoken_with_what_to_do_about_it():
    assert spoken(a_check(mend="Mend it.")) == "It is so. Mend it."
    assert spoken(a_check()) == "It is so."


def test_checks_are_counted_for_a_line():
    levels = [Level.OK, Level.OK, Level.UNKNOWN, Level.BLOCK, Level.WARN]
    assert counted([a_check(level) for level in levels]) == (
        "2 fine, 1 in the way, 1 to look at, 1 not answered"
    )
    assert counted([a_check()]) == "1 fine"


def test_the_worst_of_several_things_decides_and_all_that_matters_is_said():
    check = together(
        "secrets",
        [
            Remark(Level.OK, "One is there."),
            Remark(Level.UNKNOWN, "Nobody told of two.", "Look."),
            Remark(Level.BLOCK, "Three is missing.", "Create it."),
            Remark(Level.BLOCK, "Four is missing.", "Create it."),
        ],
        fine="All are there.",
    )
    assert check.level is Level.BLOCK
    assert check.text == "Three is missing. Four is missing. Nobody told of two."
    assert check.mend == "Create it. Look."


def test_a_warning_counts_for_more_than_what_is_not_known():
    remarks = [Remark(Level.UNKNOWN, "Nobody told.", "Look."), Remark(Level.WARN, "Odd.", "Mend.")]
    assert together("roles", remarks, fine="Fine.").level is Level.WARN


def test_where_all_is_well_it_is_said_with_what_is_worth_knowing():
    remarks = [Remark(Level.OK, ""), Remark(Level.OK, "Not looked at: one.")]
    check = together("secrets", remarks, fine="All are there.")
    assert (check.level, check.mend) == (Level.OK, "")
    assert check.text == "All are there. Not looked at: one."


def test_nothing_to_remark_on_is_fine():
    assert together("roles", [], fine="The task has no roles.") == Check(
        name="roles", level=Level.OK, text="The task has no roles."
    )


def test_a_source_that_is_silent_is_named_and_so_is_the_missing_permission():
    why = "the bot lacks iam:GetRole"
    said = unanswered("IAM", "who may assume it", why, permission="iam:GetRole")
    assert said.level is Level.UNKNOWN
    assert said.text == "IAM did not say who may assume it: the bot lacks iam:GetRole."
    assert said.mend == "Give the bot's role iam:GetRole."


@pytest.mark.parametrize("severity", ["critical", "SEVERE", ""])
def test_a_policy_of_a_severity_that_ecr_does_not_know_is_refused(severity):
    with pytest.raises(ValueError, match="is no severity; there are CRITICAL, HIGH"):
        ScanPolicy(block=(severity,))


@pytest.mark.parametrize(
    ("counts", "policy", "level", "text"),
    [
        ({}, WARNS, Level.OK, "The scan found nothing."),
        ({"MEDIUM": 4, "LOW": 1}, WARNS, Level.OK, "The scan found 4 MEDIUM and 1 LOW."),
        ({"CRITICAL": 1}, WARNS, Level.WARN, "The image has findings: 1 CRITICAL."),
        (
            {"MEDIUM": 4, "HIGH": 2, "CRITICAL": 1},
            REFUSES,
            Level.BLOCK,
            "The image has findings that the policy refuses: 1 CRITICAL "
            "(in all 1 CRITICAL, 2 HIGH and 4 MEDIUM).",
        ),
        ({"HIGH": 2}, REFUSES, Level.WARN, "The image has findings: 2 HIGH."),
        ({"CRITICAL": 0, "HIGH": 0}, REFUSES, Level.OK, "The scan found nothing."),
        ({"CRITICAL": 1}, SILENT, Level.OK, "The scan found 1 CRITICAL."),
        ({"NEW_WORD": 3}, WARNS, Level.OK, "The scan found 3 NEW_WORD."),
    ],
)
def test_findings_mean_what_the_policy_says(counts, policy, level, text):
    said = judged_scan("COMPLETE", counts, policy)
    assert (said.level, said.text) == (level, text)
    assert bool(said.mend) == (level is not Level.OK)


def test_a_scan_that_goes_on_counts_with_what_it_has_found():
    assert judged_scan("ACTIVE", {"CRITICAL": 1}, REFUSES).level is Level.BLOCK


@pytest.mark.parametrize("status", ["IN_PROGRESS", "PENDING"])
def test_a_scan_under_way_is_worth_a_minute(status):
    said = judged_scan(status, {}, WARNS)
    assert said.level is Level.UNKNOWN
    assert said.mend == "Retry in a minute."


@pytest.mark.parametrize(
    "status",
    [
        "FAILED",
        "UNSUPPORTED_IMAGE",
        "FINDINGS_UNAVAILABLE",
        "SCAN_ELIGIBILITY_EXPIRED",
        "LIMIT_EXCEEDED",
        "IMAGE_SIZE_EXCEEDED",
        "SOMETHING_NEW",
    ],
)
def test_a_scan_that_gives_nothing_is_not_taken_for_no_findings(status):
    said = judged_scan(status, {}, WARNS, description="The image is odd.")
    assert said.level is Level.UNKNOWN
    assert said.text == f"ECR's scan of the image gives nothing ({status}: The image is odd)."


def test_an_archived_image_cannot_be_pulled():
    assert judged_scan("IMAGE_ARCHIVED", {}, SILENT).level is Level.BLOCK


def test_no_scan_is_a_warning_where_findings_would_refuse_the_deploy():
    assert never_scanned(WARNS).level is Level.UNKNOWN
    assert never_scanned(REFUSES).level is Level.WARN
    assert judged_scan("PENDING", {}, REFUSES).level is Level.WARN
