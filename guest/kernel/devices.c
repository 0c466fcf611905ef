#include "kernel/devices.h"

#include <stdbool.h>

#include "drivers/virtio/blk.h"
#include "kernel/lib/random.h"
#include "kernel/testdev.h"
#include "kernel/tty/tty.h"

void devices_register(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	random_register_devices();
	tty_register_devices();
	virtio_blk_register();
	testdev_register();
}
