# SPDX-License-Identifier: Apache-2.0
"""The headers that answers carry."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from multidict import istr

SECURITY: Mapping[str, str] = MappingProxyType(
    {
        "Server": "slotwise",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        # Pages of other sites load this with fetch and a key, which CORS decides; nothing may embed it.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
)

# Of requests: Global Privacy Control. Browsers send it by themselves, so no page has to be allowed to.
GPC = istr("Sec-GPC")

NOTHING: Mapping[str, str] = MappingProxyType({})

JSON_BODY: Mapping[str, str] = MappingProxyType({"Content-Type": "application/json"})

CORS: Mapping[str, str] = MappingProxyType(
    {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
)

PREFLIGHT: Mapping[str, str] = MappingProxyType(
    {
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, X-API-Key",
        "Access-Control-Max-Age": "7200",
    }
)
