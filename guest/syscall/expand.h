/*
 * Folds the lines of table.def into one macro. Before including this define
 *	ROW(nr_x86, nr_arm, epic, flags, name, argc, kind0, name0, ... kind5, name5)
 * and, where wanted, REFUSED and ABSENT (empty otherwise). Missing arguments are NOKIND, none.
 * Undefines everything at its end.
 */
#define SYSCALL0(a, b, e, f, n) ROW(a, b, e, f, n, 0, NOKIND, none, NOKIND, none, NOKIND, none, NOKIND, none, NOKIND, none, NOKIND, none)
#define SYSCALL1(a, b, e, f, n, k0, n0) ROW(a, b, e, f, n, 1, k0, n0, NOKIND, none, NOKIND, none, NOKIND, none, NOKIND, none, NOKIND, none)
#define SYSCALL2(a, b, e, f, n, k0, n0, k1, n1) ROW(a, b, e, f, n, 2, k0, n0, k1, n1, NOKIND, none, NOKIND, none, NOKIND, none, NOKIND, none)
#define SYSCALL3(a, b, e, f, n, k0, n0, k1, n1, k2, n2) ROW(a, b, e, f, n, 3, k0, n0, k1, n1, k2, n2, NOKIND, none, NOKIND, none, NOKIND, none)
#define SYSCALL4(a, b, e, f, n, k0, n0, k1, n1, k2, n2, k3, n3) ROW(a, b, e, f, n, 4, k0, n0, k1, n1, k2, n2, k3, n3, NOKIND, none, NOKIND, none)
#define SYSCALL5(a, b, e, f, n, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4) ROW(a, b, e, f, n, 5, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, NOKIND, none)
#define SYSCALL6(a, b, e, f, n, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5) ROW(a, b, e, f, n, 6, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)
#ifndef REFUSED
#define REFUSED(a, b, e, n, err)
#endif
#ifndef ABSENT
#define ABSENT(a, b, e, n)
#endif
#include "table.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6
#undef REFUSED
#undef ABSENT
#undef ROW
