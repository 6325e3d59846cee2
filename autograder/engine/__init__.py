"""The grading engine: quarantine, candidate, examiner, verdict.

A submission is rebuilt from the source notebook (`quarantine`). The student's cells run in a *candidate*, a
process in a jail that has never held a test (`jail`, `zygote`, `candidate`). The test cells run in an
*examiner*, a trusted process to which the student's functions are proxies (`examiner`). What crosses between
them is data only (`wire`). What comes out is a `verdict` per test cell.
"""
