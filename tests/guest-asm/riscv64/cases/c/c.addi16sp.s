# case -> sp=0x20000e0
c.addi16sp sp, 16
c.addi16sp sp, 496
c.addi16sp sp, -512
c.addi16sp sp, -32
