PATH=$PATH:/usr/sbin:/sbin; export DEBIAN_FRONTEND=noninteractive; arch=$(dpkg --print-architecture)
make() { mkdir -p build/$1/DEBIAN build/$1/usr/share/$1; echo "$1 $2" > build/$1/usr/share/$1/text; printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: nobody <nobody@localhost>\nDescription: a test\n%s' $1 $2 "$3" > build/$1/DEBIAN/control; printf '#!/bin/sh\necho "$0 $1" | sed "s,.*/,,"\n' > build/$1/DEBIAN/postinst; chmod 755 build/$1/DEBIAN/postinst; dpkg-deb --root-owner-group -b build/$1 repo/$1_$2_all.deb > /dev/null; }
index() { (cd repo; for deb in *.deb; do dpkg-deb -f $deb; echo "Filename: ./$deb"; echo "Size: $(stat -c %s $deb)"; echo "SHA256: $(sha256sum $deb | cut -d' ' -f1)"; echo; done > Packages; gzip -kf Packages); }
mkdir -p /tmp/inst repo lists/partial cache/archives/partial state; make hospes-base 1.0 ''; make hospes-tool 2.0 $'Depends: hospes-base (>= 1.0)\n'; index
echo "deb [trusted=yes] file:$PWD/repo ./" > sources
apt() { apt-get -qq -o Dir::Etc::sourcelist=$PWD/sources -o Dir::Etc::sourceparts=- -o Dir::State::lists=$PWD/lists -o Dir::Cache=$PWD/cache -o Dir::State=$PWD/state -o Dir::State::status=/var/lib/dpkg/status -o APT::Sandbox::User=root -o Dpkg::Use-Pty=0 -o DPkg::Options::=--instdir=/tmp/inst -o DPkg::Options::=--force-script-chrootless "$@"; }
touch state/extended_states; apt update && apt --print-uris install hospes-tool 2>&1 | grep -o '[a-z-]*_[0-9.]*_all.deb [0-9]*' | cut -d' ' -f1
apt install -y hospes-tool 2>&1 | grep -v 'Reading database\|^(Reading\|debconf\|^$' | sed 's/^Preparing to unpack .*\/\(.*\)/Preparing \1/'
cat /tmp/inst/usr/share/hospes-*/text; dpkg -s hospes-tool | grep -E '^(Status|Version|Depends)'
make hospes-base 1.1 ''; rm repo/hospes-base_1.0_all.deb; index; apt update; apt upgrade -y > log 2>&1; echo $?; cat /tmp/inst/usr/share/hospes-base/text
apt remove -y hospes-base > log 2>&1; echo $?; dpkg -l 'hospes-*' | grep -c '^ii'; apt install -y no-such-package 2>&1 | tail -n 1; cd /; rm -rf /work/* /tmp/inst
