# SPDX-License-Identifier: Apache-2.0
"""The parts of `slotwise demo`: its processes, what it asks the server, and what it shows."""
