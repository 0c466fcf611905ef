# make install, and what is installed: the command, a program against the library, completion; and the README's section on tests, run
# as printed.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bb=$(command -v busybox)
dest=$work/dest/opt/mote
install="BUILD=${BUILD#$PWD/} DESTDIR=$work/dest PREFIX=/opt/mote"
export PKG_CONFIG_SYSROOT_DIR=$work/dest PKG_CONFIG_PATH=$dest/lib/pkgconfig

same() {
	if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAIL $1: got '$3', not '$2'"; fi
}

make -s install $install >"$work/log" 2>&1
same install 0 $?
for f in bin/mote lib/mote/kernel lib/mote/fuzz/kernel lib/mote/fuzz/executor lib/mote/fuzz/seeds/files lib/libmote.a lib/pkgconfig/mote.pc include/mote/mote.h include/mote/boot.h share/man/man1/mote.1 \
	share/bash-completion/completions/mote share/zsh/site-functions/_mote; do
	[ -s "$dest/$f" ] || echo "FAIL installed: no $f"
done
same only-below-prefix opt "$(ls "$work/dest")"
same no-build-path 0 "$(grep -rlF "$work" "$dest" | wc -l)"
same run "hello" "$("$dest/bin/mote" run -- "$bb" echo hello </dev/null)"
same test "1 passed, 0 failed" "$("$dest/bin/mote" test "$BUILD/tests/guest/brk" </dev/null | tail -n 1)"
same version "mote $(pkg-config --modversion mote)" "$("$dest/bin/mote" --version)"

# Each header by itself, in C and where it is meant for that in C++ too.
for h in "$dest"/include/mote/*.h; do
	echo "#include <mote/${h##*/}>" >"$work/header.c"
	gcc -Wall -Wextra -Werror -Wno-unused-function -Wno-unused-variable -I"$dest/include" -c -o "$work/header.o" "$work/header.c" 2>"$work/err"
	same "header-${h##*/}" 0 "$?$(head -n 2 "$work/err")"
done

gcc -Wall -Wextra -Werror -o "$work/reset_loop" tests/example/reset_loop.c $(pkg-config --cflags --libs mote) 2>"$work/err"
same example-compiles 0 "$?$(head -n 3 "$work/err")"
"$work/reset_loop" "$(pkg-config --variable=kernel mote)" "$bb" sh -c '[ ! -e /tmp/x ] && echo x >/tmp/x; exit 3' >"$work/out" 2>"$work/err" </dev/null
same example-status "0" "$?$(head -n 3 "$work/err")"
same example-output "$(for i in 1 2 3 4 5; do echo "run $i: exit, status 3"; done)" "$(cat "$work/out")"
same example-length 1 "$([ "$(wc -l <tests/example/reset_loop.c)" -lt 60 ] && echo 1)"
same readme-example "" "$(sed -n '/^## Tests$/,/^### /p' README.md | sed -n '/^```c$/,/^```$/p' | sed '1d;$d' | diff - tests/example/reset_loop.c)"

# The commands of the README's section on tests, as they are printed.
if [ "$BUILD" = "$PWD/build" ]; then
	sed -n '/^## Tests$/,/^### /s/^    \$ //p' README.md >"$work/commands"
	same readme-commands 1 "$([ "$(wc -l <"$work/commands")" -ge 8 ] && echo 1)"
	while IFS= read -r command <&3; do
		timeout 300 bash -c "$command" </dev/null >"$work/out" 2>&1
		same "readme: $command" 0 "$?"
	done 3<"$work/commands"
	rm -f /tmp/reset_loop /tmp/report.xml
fi

# bash completion: complete WORD... answers what is offered for the last of them
complete_bash() {
	bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _mote; echo "${COMPREPLY[@]}"' \
		"$dest/share/bash-completion/completions/mote" "$@"
}
same completion-command "test" "$(complete_bash mote te)"
same completion-option "--repeat" "$(complete_bash mote test --rep)"
# Every long option that is told by --help is offered.
for c in run snapshot test fuzz; do
	"$MOTE" $c --help | grep -E '^ +-' | grep -v "$([ $c = run ] && echo '(snapshot)' || echo '(run)')" | grep -oE -- '--[a-z-]+[a-z]' | sort -u >"$work/told"
	complete_bash mote $c -- | tr ' ' '\n' | sort -u >"$work/offered"
	same "completion-all-$c" "" "$(comm -23 "$work/told" "$work/offered" | paste -sd' ')"
done

make -s uninstall $install >"$work/log" 2>&1
same uninstall "0 0" "$? $(find "$work/dest" -type f | wc -l)"
