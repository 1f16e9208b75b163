cat <<A; cat <<-B; cat <<'C'
sum $((1 + 2)) $(echo sub) \$x
A
	tabs go
		both
	B
$none `left alone`
C
cat <<< "string $HOME"; read -r a b <<< "one two three"; echo "$b"
cat <(cat <<E
inner
E
) - <<F
outer
F
big=$(seq 30000); wc -l <<< "$big"; cat <<G | md5sum
$big
G
