# SPDX-License-Identifier: Apache-2.0
"""Parts of `evaluation_truth.py`: how near estimates come to the truth, and what intervals contain."""
