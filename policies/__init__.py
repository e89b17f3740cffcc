# SPDX-License-Identifier: Apache-2.0
"""Learning algorithms, one file each, usable without the service."""
