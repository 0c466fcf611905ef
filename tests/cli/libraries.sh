# How a dynamically linked program's libraries are found: ld.so(8).
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2

# same NAME WANT COMMAND...: what it prints
same() {
	local name=$1 want=$2 got
	shift 2
	got=$(timeout 120 "$@" </dev/null 2>"$work/err")
	if [ "$got" = "$want" ]; then echo "ok $name"; else echo "FAIL $name: got '$got', not '$want'"; head -n 3 "$work/err"; fi
}

mkdir lib deep other
echo 'int inner(void) { return 40; }' >inner.c
echo 'int inner(void); int outer(void) { return inner() + 2; }' >outer.c
printf '#include <stdio.h>\nint outer(void);\nint main(void) { printf("%%d\\n", outer()); return 0; }\n' >main.c
gcc -shared -fPIC -Wl,-soname,libinner.so.1 -o deep/libinner.so.1.2 inner.c && ln -s libinner.so.1.2 deep/libinner.so.1
gcc -shared -fPIC -Wl,-soname,libouter.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/../deep' -o lib/libouter.so.1 outer.c deep/libinner.so.1

gcc -Wl,--enable-new-dtags,-rpath,'${ORIGIN}/lib' -o runpath main.c lib/libouter.so.1 -Wl,--allow-shlib-undefined
same runpath-origin 42 "$MOTE" run ./runpath
gcc -Wl,--disable-new-dtags,-rpath,"$work/lib" -o rpath main.c lib/libouter.so.1 -Wl,--allow-shlib-undefined
same rpath 42 "$MOTE" run ./rpath
ln -s ../runpath other/link
same origin-of-a-link 42 "$MOTE" run other/link

gcc -o bare main.c lib/libouter.so.1 -Wl,--allow-shlib-undefined
same library-path 42 "$MOTE" run --env LD_LIBRARY_PATH="$work/lib:$work/deep" ./bare
same missing-as-on-linux "127" bash -c "'$MOTE' run ./bare >out 2>err; echo \$?"
if grep -q 'libouter.so.1: cannot open shared object file' err; then echo "ok missing-message"; else echo "FAIL missing-message: $(cat err)"; fi

# DT_RPATH of the program serves its libraries too, DT_RUNPATH does not
gcc -shared -fPIC -Wl,-soname,libouter.so.1 -o lib/libouter.so.1 outer.c
gcc -Wl,--disable-new-dtags,-rpath,'$ORIGIN/lib:$ORIGIN/deep' -o rpath main.c lib/libouter.so.1 -Wl,--unresolved-symbols=ignore-all -Ldeep -l:libinner.so.1.2
same rpath-of-the-program 42 "$MOTE" run ./rpath

# pthread_cancel and pthread_exit open libgcc_s themselves
cat >cancel.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void *body(void *a) { for (;;) pause(); return a; }
int main(void)
{
	pthread_t t;
	void *result;
	pthread_create(&t, NULL, body, NULL);
	pthread_cancel(t);
	pthread_join(t, &result);
	puts(result == PTHREAD_CANCELED ? "cancelled" : "?");
	return 0;
}
END
gcc -o cancel cancel.c -pthread
same libgcc-travels cancelled "$MOTE" run ./cancel
musl-gcc -o musl main.c inner.c outer.c
same musl-dynamic 42 "$MOTE" run ./musl
printf '#!/usr/bin/env bash\n[ -n "$BASH_VERSION" ] && echo $1\n' >script; chmod +x script
same env-script one "$MOTE" run ./script one
exit 0
