"""Changes to the program for tests only: each takes something away that a promise rests on, or sets up a stage.

A scenario that stays green under its sabotage shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.reliability.sabotage import server, stage, store, streams, workers

CHANGES: Mapping[str, Callable[[str], None]] = {
    "early-ack": store.acknowledge_early,
    "no-keys": store.forget_keys,
    "no-recovery": store.recover_nothing,
    "no-fence": store.fence_nothing,
    "slow-start": store.start_slowly,
    "losing-log": store.lose_events,
    "late-streams": streams.begin_late,
    "in-turn": streams.serve_in_turn,
    "hoarding": streams.hoard,
    "hasty-burial": workers.bury_hastily,
    "slow-landing": workers.land_slowly,
    "never-blamed": workers.blame_nobody,
    "deaf-worker": workers.pass_no_cancels_on,
    "no-journals": workers.forget_journals,
    "no-names": workers.forget_names,
    "rude-stop": workers.stop_rudely,
    "slow-burial": workers.bury_slowly,
    "careless-cache": workers.write_in_place,
    "one-signal": server.hear_once,
    "no-lock": server.lock_nothing,
    "any-version": server.open_anything,
    "blind-trust": server.trust_blobs,
    "leaky-streams": server.leak_files,
    "lease": stage.set_lease,
    "obey": stage.set_obedience,
    "two-workers": stage.add_a_worker,
    "declared-dead": stage.believe_in_deaths,
}
"""By name; each gets what stands behind `=`."""
