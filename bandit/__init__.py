# SPDX-License-Identifier: Apache-2.0
"""slotwise: the service that decides what to show, and can say exactly how likely it was to.

    request -> adapters -> decide -> LOG -> fold -> state
               (context)   (pure)    append  (pure)  (catalogue, policies' sums, cap counters)
                              ^------------------------'  reads only

Everything uncertain (clock, network, chance) happens left of the log and is written into the event.
Everything right of it is a pure function of the log: a restart is a snapshot and the log's tail, an audit is
the log itself.
"""
