# mote fuzz target: AFL++'s protocol, spoken by a stand-in and by afl-fuzz itself; and that cases are the same whenever they run.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -W ignore tests/cli/fuzz_target.py "$MOTE" "$work" 2>"$work/err" || echo "FAIL fuzz-target: $(cat "$work/err")"

# NAME FILE: the value there of afl-fuzz's statistics
stat_of() { sed -n "s/^$1 *: *//p" "$2"; }
if command -v afl-fuzz >/dev/null; then
	mkdir "$work/in"
	printf 'hello' >"$work/in/a"
	# The host may be busy and set up otherwise than afl-fuzz likes.
	AFL_SKIP_BIN_CHECK=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
		AFL_FORKSRV_INIT_TMOUT=60000 timeout 120 afl-fuzz -i "$work/in" -o "$work/out" -t 5000 -V 10 -- "$MOTE" fuzz target \
		>"$work/afl" 2>&1 </dev/null
	status=$?
	stats=$work/out/default/fuzzer_stats
	if [ $status -eq 0 ] && [ -r "$stats" ] && [ "$(stat_of execs_done "$stats")" -gt 100 ] && [ "$(stat_of corpus_found "$stats")" -gt 5 ]; then
		echo "ok fuzz-target-afl-fuzz"
	else
		echo "FAIL fuzz-target-afl-fuzz: status $status, $(tail -n 5 "$work/afl" | tr '\n' ' ')"
	fi
	AFL_SKIP_BIN_CHECK=1 timeout 60 afl-showmap -q -o "$work/map" -- "$MOTE" fuzz target <"$work/in/a" >"$work/afl" 2>&1
	if [ -s "$work/map" ]; then echo "ok fuzz-target-afl-showmap"; else echo "FAIL fuzz-target-afl-showmap: $(tail -n 3 "$work/afl")"; fi
else
	echo "FAIL fuzz-target-afl-fuzz: no afl-fuzz here (package afl++)"
fi

said=$("$BUILD/tests/fuzz/determinism" "$BUILD/fuzz/kernel" "$BUILD/fuzz/executor" "${FUZZ_SAME_RUNS:-6}" 2>&1)
case $said in
*"same: "*) echo "ok fuzz-target-same" ;;
*) echo "FAIL fuzz-target-same: $said" ;;
esac
