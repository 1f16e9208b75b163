cat > Makefile <<'E'
all: a b c d
a b c: ; @sleep 0.1; echo $@ > $@
d: a b c ; @cat $^ > $@
sub: ; +@$(MAKE) --no-print-directory -f Makefile all
bad: ok1 fail ok2
ok1 ok2: ; @echo $@
fail: ; @exit 3
env: ; @echo "$$MAKELEVEL $(X) $(shell echo shell) $(words $(MAKEFLAGS))"
E
make -j4 && cat d; rm a b c d; make -j3 sub; cat d; make -k bad 2>&1; echo $?; make env X=1; make none 2>&1; echo $?; echo 'define(`f'"'"', `<$1>'"'"')f(x) eval(6*7)' | m4; make -q all; echo $?; make -B -j2 all; echo $?
