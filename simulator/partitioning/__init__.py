# SPDX-License-Identifier: Apache-2.0
"""Work on a log in pieces, by one process or many, put together in one order."""
