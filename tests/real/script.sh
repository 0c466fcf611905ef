# What the real-programs test runs, natively and in a guest: prints nothing that may differ.
dir=$(mktemp -d) && cd "$dir" && mkdir bin && $BUSYBOX --install -s "$dir/bin" && PATH=$dir/bin
export PATH LC_ALL=C

echo "# pipelines, subshells, command substitution"
seq 1 100 | grep 7 | wc -l
(cd /; pwd; (echo nested; exit 3); echo "status $?")
echo "sub $(echo "$(echo deep)")"
false | true; echo "pipe status $?"

echo "# background jobs and wait"
for i in 1 2 3; do (exit $i) & pids="$pids $!"; done
for p in $pids; do wait $p; echo "job status $?"; done
sleep 0.05 & wait; echo "all done"
(sleep 100) & kill -TERM $!; wait $!; echo "killed: $?"

echo "# here-documents"
cat <<END
expanded $((6 * 7))
END
cat <<'END'
literal $((6 * 7))
END

echo "# traps"
trap 'echo trapped USR1' USR1
kill -USR1 $$
trap 'echo leaving subshell' EXIT
(trap 'echo inner exit' EXIT; true)
trap - EXIT

echo "# find, xargs, sort, uniq"
mkdir -p tree/a tree/b/c
for f in a/1 a/2 b/3 b/c/4; do echo "content of ${f##*/}" >tree/$f; done
find tree -type f | sort | xargs cat | sort -r | uniq -c | sed 's/^ *//'
find tree -name '*' -type d | sort
ln -s a/1 tree/link; ln tree/a/1 tree/hard; readlink tree/link; stat -c '%h %s %A' tree/hard
mv tree/b tree/d; rm -r tree/d/c; ls -R tree

echo "# tar and gzip round trip"
head -c 300000 /dev/zero | tr '\0' 'x' >tree/big
tar -czf t.tgz tree && mkdir out && tar -xzf t.tgz -C out && diff -r tree out/tree && echo same
gzip -c tree/big | gunzip | cmp - tree/big && echo same again

echo "# arithmetic over files"
i=0; while [ $i -lt 200 ]; do echo "$((i * i % 17))"; i=$((i + 1)); done | sort -n | uniq -c | sort -rn | head -n 3 | sed 's/^ *//'
dd if=/dev/zero bs=1k count=64 2>/dev/null | md5sum
printf 'b\na\nc\n' | tee copy | sort | paste -sd, -; cat copy
sh -c 'exit 42'; echo "exit $?"
test -e /nonexistent || echo "no such file"
cat /nonexistent 2>&1 | sed 's/.*: //'
umask 027; : >masked; stat -c %a masked; chmod 4755 masked; stat -c %a masked
timeout 1 sleep 5; echo "timeout gave $?"
cd /; rm -rf "$dir"; test ! -e "$dir" && echo "cleaned up"
