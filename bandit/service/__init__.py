# SPDX-License-Identifier: Apache-2.0
"""The glue between the outside and the core: enrich, decide, append, fold, checkpoint."""

from bandit.service.service import Service

__all__ = ["Service"]
