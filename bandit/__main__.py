# SPDX-License-Identifier: Apache-2.0
"""`python -m bandit` is the command `slotwise`."""

import sys

from bandit.cli import main

sys.exit(main())
