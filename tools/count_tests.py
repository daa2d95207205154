#!/usr/bin/python3
"""Counts the test cases in JUnit files (GoogleTest and pytest write them): prints "PASSED FAILED SKIPPED" on stdout.

Skipped and failed cases are named on stderr, a skipped one with its reason. A file that cannot be read is one failure.
"""
import sys
import xml.etree.ElementTree as ET


def outcome(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None or case.get("status") == "notrun":
        return "skipped"
    return "passed"


def reason(case):
    skipped = case.find("skipped")
    text = "" if skipped is None else skipped.get("message") or skipped.text or ""
    return " ".join(text.split()) or "no reason given"


def count(paths):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for path in paths:
        try:
            cases = list(ET.parse(path).getroot().iter("testcase"))
        except (OSError, ET.ParseError) as error:
            print(f"  failed: {path} cannot be read: {error}", file=sys.stderr)
            counts["failed"] += 1
            continue
        for case in cases:
            kind = outcome(case)
            counts[kind] += 1
            name = f"{case.get('classname')}.{case.get('name')}"
            if kind == "skipped":
                print(f"  skipped: {name}: {reason(case)}", file=sys.stderr)
            elif kind == "failed":
                print(f"  failed: {name}", file=sys.stderr)
    return counts


if __name__ == "__main__":
    found = count(sys.argv[1:])
    print(found["passed"], found["failed"], found["skipped"])
