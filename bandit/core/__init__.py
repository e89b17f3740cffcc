# SPDX-License-Identifier: Apache-2.0
"""The pure core: what happens is decided and folded here, without a clock, a network or chance of its own."""
