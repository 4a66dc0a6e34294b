"""The deterministic simulator: one seed is one world of people, phones, faults and the real server.

    python -m tests.simulation --seeds 200 --from 1 [--db sqlite|postgresql]
    python -m tests.simulation --seeds 1 --from 4711 --trace          replay a seed and see what happened
    python -m tests.simulation.mutants                                faults in the protocol that must be noticed

`docs/simulation.md` says what is simulated and what is checked. `world.py` is the place to begin reading.
"""
