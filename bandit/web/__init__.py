# SPDX-License-Identifier: Apache-2.0
"""HTTP, translated to and from the service; no decision is made here."""
