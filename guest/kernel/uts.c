#include "kernel/uts.h"

#include "arch/arch.h"
#include "kernel/lib/string.h"

/* The Linux whose interface this kernel implements: programs compare release with what they need.
 */
static struct new_utsname names = {
	.sysname = "Linux",
	.nodename = "mote",
	.release = "6.1.0-mote",
	.version = "#1 SMP mote",
	.domainname = "(none)",
};

struct new_utsname *uts_names(void)
{
	if (!names.machine[0])
		memcpy(names.machine, arch_name(), strnlen(arch_name(), __NEW_UTS_LEN));
	return &names;
}

static int set_name(char *to, const char *name, size_t len)
{
	if (len > __NEW_UTS_LEN)
		return -EINVAL;
	memset(to, 0, __NEW_UTS_LEN + 1);
	memcpy(to, name, len);
	return 0;
}

int uts_set_nodename(const char *name, size_t len)
{
	return set_name(names.nodename, name, len);
}

int uts_set_domainname(const char *name, size_t len)
{
	return set_name(names.domainname, name, len);
}
