#include "run_control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message.h"
#include "mote.h"

#define INPUT_MAX (256ul << 20)

/* The text is the guest's: nothing in it may move the cursor or look like another line of ours. */
static void show_event(void *ctx, const char *text, size_t len)
{
	static const char prefix[] = "mote: event: ";
	char *line = malloc(sizeof(prefix) + 4 * len + 1), *at = line;

	(void)ctx;
	if (!line)
		return;
	at += sprintf(at, "%s", prefix);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c < ' ' || c == 0x7f || c == '\\')
			at += sprintf(at, "\\x%02x", c);
		else
			*at++ = (char)c;
	}
	*at++ = '\n';
	message_write(line, (size_t)(at - line));
	free(line);
}

/* All of fd, which may be a pipe: 0 or a negative errno; *data is the caller's. */
static int read_all(int fd, char **data, size_t *len)
{
	size_t room = 0;

	*data = NULL;
	*len = 0;
	for (;;) {
		if (*len == room) {
			room = room ? 2 * room : 65536;
			char *more = room <= 2 * INPUT_MAX ? realloc(*data, room) : NULL;

			if (!more)
				return room <= 2 * INPUT_MAX ? -ENOMEM : -EFBIG;
			*data = more;
		}
		ssize_t n = read(fd, *data + *len, room - *len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return *len <= INPUT_MAX ? 0 : -EFBIG;
		if (n > 0)
			*len += (size_t)n;
	}
}

static int set_input(struct machine *m, const char *path)
{
	char *data = NULL;
	size_t len = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int err = fd < 0 ? -errno : read_all(fd, &data, &len);

	if (!err)
		err = machine_set_input(m, data, len);
	if (err)
		mote_error("--input %s: %s", path, strerror(-err));
	if (fd >= 0)
		close(fd);
	free(data);
	return err;
}

int run_control_setup(struct machine *m, const char *input, bool show_events)
{
	if (show_events)
		machine_on_event(m, show_event, NULL);
	return input ? set_input(m, input) : 0;
}
