"""The course's rule for late work as a plug-in of nbgrader, so that all ways to grade apply the same."""

from __future__ import annotations

from nbgrader.plugins import LateSubmissionPlugin  # type: ignore[import-untyped]

from autograder.policy import LatePolicy, course_policy


class LatePolicyPlugin(LateSubmissionPlugin):  # type: ignore[misc]
    """Takes off what `c.Autograder.late_policy` says; `c.AssignLatePenalties.plugin_class` names it.

    In a course without such a rule, nbgrader's own `c.LateSubmissionPlugin.penalty_method` holds.
    """

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Give the points that a notebook loses; None if lateness costs nothing."""
        rule = course_policy(self.config).late
        if rule == LatePolicy():
            given: float | None = super().late_submission_penalty(student_id, score, total_seconds_late)
            return given
        return rule.taken_off(score, total_seconds_late) or None
