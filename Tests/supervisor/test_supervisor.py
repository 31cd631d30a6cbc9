#!/usr/bin/env python3
"""What a supervisor promises, tried on the real program. Run as it is: python3 Tests/supervisor/test_supervisor.py"""

import sys
import unittest

import afterlife
import again
import beginnings
import endings
import handing_over


def load_tests(loader, standard_tests, pattern):
    modules = (beginnings, endings, again, handing_over, afterlife)
    return unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)


if __name__ == "__main__":
    outcome = unittest.main(exit=False).result
    bad = len({test.id().split(" ")[0] for test, _ in outcome.failures + outcome.errors})
    print(f"{outcome.testsRun - bad} passed, {bad} failed")
    sys.exit(0 if outcome.wasSuccessful() and outcome.testsRun > 0 else 1)
