# case ->
c.nop 0
c.nop 5
c.nop -1
