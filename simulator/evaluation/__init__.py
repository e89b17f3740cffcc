# SPDX-License-Identifier: Apache-2.0
"""From a log and policies to answers with intervals, figures and verdicts."""
