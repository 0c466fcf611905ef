#!/bin/busybox sh
# The demonstration of `make run`: Debian's busybox on mote's kernel.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root PS1='mote:\w\$ '
cd /root

title() { printf '\n== %s ==\n' "$1"; }

title "a kernel of our own"
uname -a
echo "up $(cut -d' ' -f1 /proc/uptime) s, $(grep -c ^processor /proc/cpuinfo) processor(s), pid $$"

title "processes"
(sleep 0.1; echo "  background job done") &
ps -o pid,ppid,comm
wait

title "pipelines and files"
mkdir -p work/a/b
for n in 3 1 2; do echo "line $n" >"work/a/file$n"; done
find work -type f | sort | xargs cat | tac
seq 1 1000 | awk '{s += $1} END {print "sum of 1..1000 =", s}'
tar -C work -cf - a | gzip | gunzip | tar -tf - | sort | tr '\n' ' '; echo

title "signals"
trap 'echo "  caught USR1"' USR1
kill -USR1 $$
trap - USR1

title "memory and mounts"
free -k | head -n 2
mount | head -n 4

title "sixteen megabytes through sha256sum"
head -c 16777216 /dev/zero | sha256sum
