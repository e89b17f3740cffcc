# SPDX-License-Identifier: Apache-2.0
"""Policies in worlds: the service's own `decide` and `fold`, rewards and regret against the known truth."""
