"""Work of the lab: pairs of futures, the emulator, jobs and what visits share."""
