"""The same visit on the newer route. Usage: python newer.py URL KEY MODE USER"""

import os
import runpy
from pathlib import Path

os.environ["POSTHOG_CAPTURE_MODE"] = "v1"
runpy.run_path(str(Path(__file__).with_name("python.py")))
