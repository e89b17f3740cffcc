# SPDX-License-Identifier: Apache-2.0
"""The decision service: context in, ranked slots out, rewards folded back into what is believed."""
