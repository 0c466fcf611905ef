#!/bin/busybox sh
# The shell at the end of `make run`.
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root PS1='mote:\w\$ '
cd /root
exec sh -i
