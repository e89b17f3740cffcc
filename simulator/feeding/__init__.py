# SPDX-License-Identifier: Apache-2.0
"""A recorded log through a running server, impression by impression, as the front end would have asked."""
