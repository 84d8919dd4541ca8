"""python main.py MODULE ...: runs the cases of these modules."""

import importlib
import sys

from harness import run_cases

for module in sys.argv[1:]:
    importlib.import_module(module)
run_cases()
