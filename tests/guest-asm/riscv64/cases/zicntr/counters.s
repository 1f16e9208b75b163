# not in the reference: its clock and counters run
# The clock of the test stands at 123,456,789 ns: time counts 100 ns, cycle and instret count instructions.
# case -> a0=0x12d687
csrrs a0, time, zero
csrrs zero, cycle, zero
csrrs zero, instret, zero
