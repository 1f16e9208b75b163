mkdir -p src include lib/inner tests; for n in a b c d e f; do printf '#include "all.h"\nint %s(int n) { return n * %d + SHIFT; }\n' $n $(printf '%d' "'$n") > src/$n.c; done; printf '#define SHIFT 1\n' > include/shift.h; { echo '#include "shift.h"'; for n in a b c d e f; do echo "int $n(int);"; done; echo 'int inner(void);'; } > include/all.h; printf '#include <stdio.h>\n#include "all.h"\nint main(void) { printf("%%d %%s\\n", a(1) + b(2) + c(3) + d(4) + e(5) + f(6) + inner(), VERSION); }\n' > src/main.c; echo 'int inner(void) { return 1000; }' > lib/inner/inner.c
cat > Makefile <<'M'
CC := gcc
export CC
CFLAGS ?= -O1
override CFLAGS += -Iinclude -MMD -MP -DVERSION='"$(VERSION)"'
VERSION = $(shell cat version)
SRC := $(sort $(wildcard src/*.c))
OBJ := $(patsubst src/%.c,build/%.o,$(SRC))
export DEPTH := 1
.PHONY: all check install clean
.DELETE_ON_ERROR:
all: app
app: $(OBJ) lib/inner/libinner.a ; @echo LINK $@; $(CC) $(filter %.o,$^) -Llib/inner -linner -o $@
build/%.o: src/%.c version | build ; @echo CC $<; $(CC) $(CFLAGS) -c $< -o $@
build: ; @mkdir -p $@
lib/inner/libinner.a: FORCE ; @$(MAKE) -s -C lib/inner
FORCE:
check: app ; @for t in tests/*.sh; do sh $$t && echo "PASS $${t##*/}" || exit 1; done
install: app ; @install -D -m 755 app $(DESTDIR)$(PREFIX)/bin/app
define RULE
gen-$(1): ; @echo '$(1)' > $$@
endef
$(foreach n,x y,$(eval $(call RULE,$(n))))
broken: ; @echo partial > $@; false
clean: ; rm -rf build app
-include $(wildcard build/*.d)
M
printf 'libinner.a: inner.o\n\tar rcs $@ $^\n\techo AR $(DEPTH) $(MAKELEVEL)\n.SILENT:\n' > lib/inner/Makefile; echo '[ "$(./app | cut -d" " -f1)" -gt 0 ]' > tests/one.sh; echo v1 > version; find . -type f -exec touch -d '2020-01-01' {} +
make -j4 --no-print-directory | sort; ./app; make -j4 --no-print-directory; make -q build/a.o; echo $?; find build app lib -type f -exec touch -d '2021-01-01' {} +; touch -d '2022-01-01' include/shift.h; make -n | grep -c 'CC '; sed -i 's/SHIFT 1/SHIFT 2/' include/shift.h; touch -d '2022-01-01' src/b.c; make -j3 --no-print-directory 2> /dev/null | sort | uniq -c | sed 's/^ *//'; ./app; make check 2> /dev/null; make install DESTDIR=$PWD/dest PREFIX=/usr 2> /dev/null > /dev/null; find dest -type f -printf '%m %P\n'
make gen-x gen-y; cat gen-x gen-y; make broken 2>&1 | sed 's/^make[^:]*: //'; ls broken 2>&1 | sed 's/.*: //'; make -k -j2 broken gen-none 2>&1 | grep -c Error; echo 'int bad(' > src/z.c; make -j4 -k 2>&1 | grep -c 'src/z.c:.*error'; rm src/z.c; make -p -n -f /dev/null 2> /dev/null | grep -c '^\.SUFFIXES'; printf 'x: a.out\n\techo $< $@ $(@D) $(origin CC) $(flavor X) $(if $(X),yes,no) $(words a b) $(subst a,b,aa) $(realpath .) $(call f,1)\na.out: ; :\nf = [$1]\n' | make -s -f - x | sed "s,$PWD,HERE,"; make -O -j4 --no-print-directory clean; ls; timeout 20 make -f - -j2 <<< $'all: p q\np: ; @mkfifo w; echo > w; rm w\nq: ; @until [ -p w ]; do sleep 0.05; done; read x < w; echo both ran at once'; rm -rf src include lib tests dest gen-* Makefile version
