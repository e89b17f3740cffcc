# SPDX-License-Identifier: Apache-2.0
"""The URL table: method, path, handler, who may, what it takes, what it gives."""

from __future__ import annotations

from typing import Any

from bandit.core.catalogue import Arm, Placement
from bandit.service.explaining import ContextReport
from bandit.service.quality import PlacementQuality
from bandit.service.reporting import PlacementReport
from bandit.web import (
    admin,
    context,
    decisions,
    health,
    keys,
    metrics,
    openapi,
    reports,
    rewards,
    shapes,
    signals,
    users,
)
from bandit.web.auth import ADMIN, MARKETER, PUBLISHABLE, SERVER, TRACE, VIEWER
from bandit.web.route import Route

_PLACEMENT = "/v1/placements/{placement}"
_ARM = "/v1/placements/{placement}/arms/{arm}"
_ANY = dict[str, Any]

# fmt: off
ROUTES = (
    Route("POST", "/v1/rank", decisions.rank, PUBLISHABLE, shapes.RankRequest, shapes.RankReply, cors=True),
    Route("POST", "/v1/reward", rewards.reward, PUBLISHABLE, shapes.RewardRequest, shapes.RewardReply,
          cors=True),
    Route("POST", "/v1/activate", decisions.activate, PUBLISHABLE, shapes.ActivateRequest,
          shapes.ActivateReply, cors=True),
    Route("POST", "/v1/rewards", rewards.rewards, SERVER, shapes.RewardsRequest, shapes.RewardsReply,
          large=True),
    Route("GET", "/v1/decisions/{decision}", decisions.trace, TRACE, None, _ANY),
    Route("GET", "/v1/placements", admin.placements, VIEWER, None, shapes.PlacementsReply),
    Route("GET", _PLACEMENT, admin.get_placement, VIEWER, None, Placement),
    Route("PUT", _PLACEMENT, admin.put_placement, MARKETER, Placement, shapes.ChangedPlacement,
          query=shapes.ForgetQuery,
          core_checks=True, large=True, creates=True),
    Route("PATCH", _PLACEMENT, admin.patch_placement, MARKETER, _ANY, shapes.ChangedPlacement,
          query=shapes.ForgetQuery, large=True),
    Route("DELETE", _PLACEMENT, admin.delete_placement, MARKETER, None, None, 204),
    Route("GET", _PLACEMENT + "/report", reports.report, VIEWER, None, PlacementReport),
    Route("GET", _PLACEMENT + "/quality", context.quality, VIEWER, None, PlacementQuality),
    Route("POST", _PLACEMENT + "/context", context.explain, VIEWER, shapes.ContextRequest, ContextReport),
    Route("GET", _ARM, admin.get_arm, VIEWER, None, Arm),
    Route("PUT", _ARM, admin.put_arm, MARKETER, Arm, Arm, core_checks=True, large=True, creates=True),
    Route("PATCH", _ARM, admin.patch_arm, MARKETER, _ANY, Arm, large=True),
    Route("DELETE", _ARM, admin.delete_arm, MARKETER, None, None, 204),
    Route("GET", "/v1/signals", signals.listed, VIEWER, None, shapes.SignalsReply, unlimited=True),
    Route("PUT", "/v1/signals/{name}", signals.put, MARKETER, shapes.SignalRequest, shapes.SignalReply,
          unlimited=True, creates=True),
    Route("DELETE", "/v1/signals/{name}", signals.drop, MARKETER, None, None, 204, unlimited=True),
    Route("GET", "/v1/keys", keys.listed, ADMIN, None, shapes.KeysReply, unlimited=True),
    Route("POST", "/v1/keys", keys.create, ADMIN, shapes.KeyRequest, shapes.NewKeyReply, 201, unlimited=True),
    Route("DELETE", "/v1/keys/{id}", keys.revoke, ADMIN, None, None, 204, unlimited=True),
    Route("DELETE", "/v1/users/{user}", users.forget, ADMIN, None, shapes.ForgottenReply, unlimited=True),
    Route("GET", "/v1/audit", reports.audit, ADMIN, None, shapes.AuditReply, unlimited=True,
          query=shapes.AuditQuery),
    Route("GET", "/healthz", health.healthz, None, None, shapes.HealthReply),
    Route("GET", "/readyz", health.readyz, None, None, shapes.ReadyReply),
    Route("GET", "/metrics", metrics.metrics, VIEWER, None, str, unlimited=True),
    Route("GET", "/openapi.json", openapi.openapi, None, None, _ANY),
)
# fmt: on
