# not in the reference: it would enter the reference's own kernel
# case -> trap=syscall
ecall
