"""Real processes: PostgreSQL, the simulated platform, nodes that are killed all the time, and a shop that goes on.

Where `trials.simulate` turns a clock, here everything takes its time: sockets, the kernel, a database server and
`kill -9`. What is drawn is drawn from a seed, but processes race as they please: a seed repeats the trouble, not the
history. `docs/trials.md` says what must never be, and how to read what is printed.
"""
