use strict; use warnings; use POSIX ':sys_wait_h'; use IPC::Open3; use IPC::Open2; use Socket; use Fcntl ':flock'; $| = 1;
my @k; for my $i (1 .. 5) { my $p = fork // die; if (!$p) { select undef, undef, undef, 0.02 * $i; exit $i } push @k, $p }
my %s; while ((my $p = waitpid -1, 0) > 0) { $s{$p} = $? >> 8 } print join(' ', map { $s{$_} } @k), "\n";
my $p = open2(my $r, my $w, 'sort', '-n'); print $w "$_\n" for 3, 10, 1; close $w; print <$r>; waitpid $p, 0;
my $q = open3(my $i, my $o, undef, 'sh', '-c', 'echo o; echo e >&2; exit 3'); print sort <$o>; waitpid $q, 0; print $? >> 8, "\n";
print `echo back`, $? , ' ', system('exit 4') >> 8, ' ', system('kill -9 $$') & 127, "\n";
socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, PF_UNSPEC) or die; if (!fork) { syswrite $b, uc <$b>; exit } syswrite $a, "over socket\n"; print scalar <$a>; wait;
$SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 10 }; print $@; $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$; my $c = 0; $SIG{CHLD} = sub { $c++ while waitpid(-1, WNOHANG) > 0 }; for (1 .. 3) { exit if !fork } for (1 .. 200) { last if $c == 3; select undef, undef, undef, 0.05 } print "$c\n"; $SIG{CHLD} = 'DEFAULT';
open my $f, '+>', 'n'; print $f "0\n"; close $f; for (1 .. 4) { if (!fork) { for (1 .. 25) { open my $f, '+<', 'n'; flock $f, LOCK_EX; my $n = <$f>; seek $f, 0, 0; print $f $n + 1, "\n"; close $f } exit } } 1 while wait > 0; open $f, '<', 'n'; print <$f>; pipe my $pr, my $pw; if (!fork) { close $pr; print $pw "line $_\n" for 1 .. 10000; exit } close $pw; my $n = () = <$pr>; print "$n\n"; local $SIG{PIPE} = sub { print "pipe\n" }; close $pr; pipe $pr, $pw; close $pr; syswrite $pw, 'x'; print $! + 0, "\n"; exec 'sh', '-c', 'echo exec; exit 6';
