#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arch/arch.h"
#include "mote.h"

static void explain_open(int err)
{
	if (err == ENOENT || err == ENODEV || err == ENXIO)
		mote_error("there is no KVM here (%s): load its module (modprobe kvm_intel or "
			   "kvm_amd), enable "
			   "virtualisation in the firmware, or use the referee (make test-svm)",
			   err == ENOENT ? "no /dev/kvm" : strerror(err));
	else if (err == EACCES || err == EPERM)
		mote_error("no permission for /dev/kvm: join its group (sudo usermod -aG kvm "
			   "$USER) and log in again");
	else
		mote_error("cannot open /dev/kvm: %s", strerror(err));
}

static int check_kvm(int kvm, size_t *run_size)
{
	int version = ioctl(kvm, KVM_GET_API_VERSION, 0);
	int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	if (version != KVM_API_VERSION || size <= 0) {
		mote_error("/dev/kvm speaks version %d, not %d", version, KVM_API_VERSION);
		return -ENOTSUP;
	}
	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_IMMEDIATE_EXIT) <= 0 || !arch_kvm_usable(kvm)) {
		mote_error("this host's KVM is too old: Linux 4.17 or newer is needed");
		return -ENOTSUP;
	}
	*run_size = (size_t)size;
	return 0;
}

int host_open_kvm(int *kvm_fd, int *vm_fd, size_t *run_size)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int err, vm;

	if (kvm < 0) {
		err = -errno;
		explain_open(-err);
		return err;
	}
	err = check_kvm(kvm, run_size);
	if (err)
		goto close_kvm;
	do {
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	} while (vm < 0 && errno == EINTR);
	if (vm < 0) {
		err = -errno;
		mote_error("KVM cannot create a machine: %s", strerror(-err));
		goto close_kvm;
	}
	*kvm_fd = kvm;
	*vm_fd = vm;
	return 0;
close_kvm:
	close(kvm);
	return err;
}
