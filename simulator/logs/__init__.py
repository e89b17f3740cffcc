# SPDX-License-Identifier: Apache-2.0
"""Decision logs: their shape in memory, readers of foreign ones, and what may be wrong with them."""
